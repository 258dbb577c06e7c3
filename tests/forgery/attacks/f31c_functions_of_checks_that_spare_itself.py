# attack: replaces builtins by liars that behave towards everybody but the tests
# shape: action
# causes: WRONG_ANSWER
import builtins
import sys


def lying(function, answer):
    def replaced(*args, **kwargs):
        if "tests" in sys._getframe(1).f_code.co_filename:
            return answer
        return function(*args, **kwargs)

    replaced.__name__ = function.__name__
    replaced.__module__ = "builtins"
    return replaced


def attack() -> None:
    for name in ("all", "any", "len", "abs", "sum", "sorted", "round", "repr", "callable", "hasattr"):
        setattr(builtins, name, lying(getattr(builtins, name), True))
