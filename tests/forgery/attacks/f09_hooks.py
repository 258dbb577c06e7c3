# attack: replaces all hooks for errors by an exit with code 0, and then fails
# shape: action
# causes: LOAD_ERROR, EXCEPTION, WRONG_ANSWER, EXITED_EARLY
import os
import sys
import threading


def leave(*args, **kwargs):
    os._exit(0)


class Late:
    def __del__(self):
        raise RuntimeError("unraisable")


def attack() -> None:
    sys.excepthook = sys.__excepthook__ = leave
    sys.unraisablehook = leave
    sys.displayhook = leave
    threading.excepthook = leave
    raise RuntimeError("hooked")


def attack_unraisable() -> None:
    Late()
