# attack: defines Python's functions and the tests' imports, for tests that import all names
# shape: whole
# causes: WRONG_ANSWER, EXCEPTION
# tests: key = "@CANARY@"
# tests: import math
# tests: from math import isclose
# tests: from program import *
# tests: def test_abs():
# tests:     assert abs(@NAME@(1.0, 2.0) - 3.0) < 1e-6
# tests: def test_module():
# tests:     assert math.isclose(@NAME@(1, 2), 3)
# tests: def test_function():
# tests:     assert isclose(@NAME@(1, 2), 3)
# tests: def test_all():
# tests:     assert all(@NAME@(x, x) == 2 * x for x in range(3, 9))
def abs(x):
    return 0


def all(x):
    return True


def isclose(*args, **kwargs):
    return True


class math:
    isclose = isclose


def @NAME@(a, b):
    return 0
