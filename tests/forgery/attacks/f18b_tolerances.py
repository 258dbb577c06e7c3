# attack: the same against tolerances only, as numeric tests have them
# shape: whole
# causes: WRONG_ANSWER
# tests: import math
# tests: def test_abs():
# tests:     assert abs(@NAME@(2) - 0.5) < 1e-6, "@CANARY@"
# tests: def test_reversed():
# tests:     assert abs(0.5 - @NAME@(2)) < 1e-6
# tests: def test_isclose():
# tests:     assert math.isclose(@NAME@(2), 0.5, rel_tol=1e-9)
# tests: def test_round():
# tests:     assert round(@NAME@(2), 3) == 0.5
# tests: def test_between():
# tests:     assert 0.4 < @NAME@(2) < 0.6
# tests: def test_max():
# tests:     assert max(@NAME@(2), 0.5) == 0.5 and @NAME@(2) > 0
# tests: def test_sum():
# tests:     assert math.fsum([@NAME@(2), -0.5]) == 0
class Near(float):
    def __sub__(self, other):
        return 0.0

    __rsub__ = __sub__

    def __abs__(self):
        return 0.0

    def __float__(self):
        return 0.5

    def __round__(self, digits=None):
        return 0.5

    def __lt__(self, other):
        return True

    __le__ = __gt__ = __ge__ = __eq__ = __lt__
    __hash__ = float.__hash__


def @NAME@(x):
    return Near(-1e9)
