# benign: registers exit handlers, one of which raises and one of which prints
# shape: whole
# tests: assert @NAME@(1) == 2
import atexit
import weakref


class Held:
    pass


HELD = Held()


def complain():
    raise RuntimeError("too late to matter")


atexit.register(print, "bye")
atexit.register(complain)
weakref.finalize(HELD, print, "finalized")


def @NAME@(x):
    atexit.register(print, x)
    return x + 1
