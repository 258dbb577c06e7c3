# attack: an exit handler with code 0, and then an error that nobody sees
# shape: action
# causes: LOAD_ERROR, EXCEPTION, WRONG_ANSWER
import atexit
import os


def attack() -> None:
    atexit.register(os._exit, 0)
    raise RuntimeError("unseen")
