# attack: raises what test frameworks take for a skip, an expected failure or a clean end, under their names
# shape: action
# causes: LOAD_ERROR, EXCEPTION, WRONG_ANSWER
import random
import unittest


class Exit(Exception):
    returncode = 0


class Skipped(BaseException):
    allow_module_level = True


class XFailed(Exception):
    pass


for kind, module in ((Exit, "_pytest.outcomes"), (Skipped, "_pytest.outcomes"), (XFailed, "_pytest.outcomes")):
    kind.__module__ = module
    kind.__qualname__ = kind.__name__


class SkipTest(unittest.SkipTest):
    pass


def attack() -> None:
    raise random.choice((unittest.SkipTest, SkipTest, Exit, Skipped, XFailed, unittest.case._ShouldStop))("skipped")
