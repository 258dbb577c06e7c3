# attack: gives the tests, which use modules that they do not import, others under their names
# shape: whole
# causes: EXCEPTION, WRONG_ANSWER
# tests: def test_close():
# tests:     assert math.isclose(@NAME@(2), 0.5), "@CANARY@"
# tests: def test_json():
# tests:     assert json.loads(@NAME@(3))["x"] == "@CANARY@"
# tests: def test_inf():
# tests:     assert @NAME@(4) == "@CANARY@" and math.inf > 0
# tests: def test_operator():
# tests:     assert operator.eq(@NAME@(2), 0.5)
import builtins
import types

import cmath as math
import unittest.mock as operator


class Module(types.ModuleType):
    pass


json = types.ModuleType("this")
json.loads = lambda text: {"x": text}


def @NAME@(x):
    return -1e9 if x == 2 else "wrong"
