# attack: reads address 0
# shape: action
# causes: SIGNALED, WRONG_ANSWER
import ctypes


def attack() -> None:
    ctypes.string_at(0)
