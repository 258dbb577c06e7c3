# attack: ends the process with code 0, without any handler of the interpreter
# shape: action
# causes: EXITED_EARLY, WRONG_ANSWER
import os


def attack() -> None:
    os._exit(0)
