# attack: exits with code 0 from the hook for errors that cannot be raised
# shape: action
# causes: EXITED_EARLY, WRONG_ANSWER
import os
import sys


class Late:
    def __del__(self):
        raise RuntimeError("unraisable")


def attack() -> None:
    sys.unraisablehook = lambda *args: os._exit(0)
    Late()
