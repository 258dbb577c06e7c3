# attack: raises a real AssertionError, or one that says the tests are at fault
# shape: action
# causes: LOAD_ERROR, EXCEPTION, WRONG_ANSWER
import random


class TestsError(AssertionError):
    __module__ = "sandbox.guest.judging"


class UnsupportedValueError(Exception):
    __module__ = "sandbox.guest.values"


def attack() -> None:
    raise random.choice((AssertionError, TestsError, UnsupportedValueError, SyntaxError))("the tests are at fault")
