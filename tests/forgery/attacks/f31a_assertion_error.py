# attack: makes AssertionError something that nobody catches, and raising it an exit with code 0
# shape: action
# causes: WRONG_ANSWER
import builtins


class Quiet(BaseException):
    def __init__(self, *args):
        raise SystemExit(0)


def attack() -> None:
    builtins.AssertionError = Quiet
    builtins.Exception.__doc__ and None
    builtins.__debug__ if False else None
