# attack: returns subclasses from the library with an order, a default or a length of their own
# shape: value
# causes: WRONG_ANSWER, UNSUPPORTED_VALUE, EXCEPTION
import collections
import enum
import random


class Items(collections.OrderedDict):
    def items(self):
        return random.choice(((), [("passed", True)]))

    def __iter__(self):
        return iter(())

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


class Default(collections.defaultdict):
    def __missing__(self, key):
        return self

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


class Named(collections.namedtuple("Named", "value")):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


class Number(enum.IntEnum):
    WRONG = -1_000_007

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


def lie(expected_like: object) -> object:
    if isinstance(expected_like, dict):
        return random.choice((Items(expected_like), Default(list, expected_like)))
    if isinstance(expected_like, tuple):
        return Named(expected_like)
    if isinstance(expected_like, int) and not isinstance(expected_like, bool):
        return Number.WRONG
    return random.choice((Named(expected_like), collections.UserString("wrong"), collections.UserList(["wrong"])))
