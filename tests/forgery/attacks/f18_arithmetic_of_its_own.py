# attack: a float whose difference to anything is 0, against tests with tolerances
# shape: value
# causes: WRONG_ANSWER, UNSUPPORTED_VALUE, EXCEPTION
import random


class Near(float):
    def __sub__(self, other):
        return 0.0

    __rsub__ = __mod__ = __rmod__ = __sub__

    def __abs__(self):
        return 0.0

    def __round__(self, digits=None):
        return Zero()

    def __float__(self):
        return 0.5

    def __index__(self):
        return 0

    __int__ = __trunc__ = __floor__ = __ceil__ = __index__

    def __lt__(self, other):
        return True

    __le__ = __gt__ = __ge__ = __eq__ = __lt__

    def __ne__(self, other):
        return False

    def __hash__(self):
        return 0

    def __pow__(self, other):
        return 0.0

    def __pos__(self):
        return 0.5

    @property
    def real(self):
        return 0.5


class Zero(Near):
    pass


class Whole(int):
    __sub__ = __rsub__ = __abs__ = __round__ = lambda self, *args: 0
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = lambda self, other: True
    __hash__ = int.__hash__


class OnlyAFloat:
    def __float__(self):
        return 0.5

    __index__ = lambda self: 1
    __sub__ = __rsub__ = __abs__ = lambda self, *args: 0.0
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = lambda self, other: True
    __hash__ = object.__hash__


class Complex(complex):
    __sub__ = __rsub__ = __abs__ = lambda self, *args: 0.0
    __eq__ = lambda self, other: True
    __hash__ = complex.__hash__


def lie(expected_like: object) -> object:
    return random.choice((Near(-7e9), Whole(-7 * 10**9), OnlyAFloat(), Complex(-7e9, 1)))
