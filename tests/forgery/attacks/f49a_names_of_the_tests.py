# attack: defines the names that tests use: check, candidate, METADATA, their modules and their helpers
# shape: action
# causes: WRONG_ANSWER, LOAD_ERROR, EXCEPTION
import sys

METADATA = {}
math = unittest = json = None
candidate = nested = lambda *args: True


def check(candidate):
    return True


def test_0():
    return True


test_1 = test_2 = test_3 = assertEqual = test_0


class Tests:
    pass


def attack() -> None:
    module = sys.modules["program"].__dict__
    for name in ("check", "candidate", "test_0", "all", "repr", "got", "nested", "AssertionError", "__builtins__", "isinstance"):
        module[name] = lambda *args: True
