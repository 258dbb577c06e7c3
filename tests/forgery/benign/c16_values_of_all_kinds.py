# benign: returns NaN, infinities, minus zero, sets, tuples, bytes, decimals, named tuples, ranges and dates
# shape: whole
# tests: import datetime, decimal, fractions, math
# tests: nan, inf, zero, *rest = @NAME@(0)
# tests: assert math.isnan(nan) and inf == -math.inf and math.copysign(1, zero) == -1
# tests: assert rest == [{1, 2}, frozenset({"a"}), (1, (2,)), b"\0\xff", bytearray(b"x"), 1j, 10**100, None, True, ...]
# tests: assert @NAME@(1) == (decimal.Decimal("1.10"), fractions.Fraction(1, 3), range(3), slice(1, None, 2))
# tests: assert @NAME@(2) == (datetime.date(2024, 2, 29), datetime.timedelta(hours=1))
# tests: assert @NAME@(3) == (1, 2) and @NAME@(4) == {"x": [1.5]}
import collections
import datetime
import decimal
import fractions

Point = collections.namedtuple("Point", "x y")


def @NAME@(x):
    if x == 0:
        floats = (float("nan"), -float("inf"), -0.0)
        return (*floats, {1, 2}, frozenset("a"), (1, (2,)), b"\0\xff", bytearray(b"x"), 1j, 10**100, None, True, ...)
    if x == 1:
        return decimal.Decimal("1.10"), fractions.Fraction(2, 6), range(3), slice(1, None, 2)
    if x == 2:
        return datetime.date(2024, 2, 29), datetime.timedelta(hours=1)
    return Point(1, 2) if x == 3 else collections.OrderedDict(x=[1.5])
