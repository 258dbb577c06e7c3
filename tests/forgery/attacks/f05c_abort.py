# attack: aborts, by the library and by the C library
# shape: action
# causes: SIGNALED, WRONG_ANSWER
import ctypes
import os
import random


def attack() -> None:
    random.choice((os.abort, ctypes.CDLL(None).abort))()
