# attack: an exit handler turns whatever the exit code is into 0, and says that all tests passed
# shape: action
# causes: WRONG_ANSWER
import atexit
import os


def attack() -> None:
    atexit.register(lambda: os._exit(0))
    atexit.register(print, "OK, 0 failed")
