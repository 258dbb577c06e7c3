# attack: registers its class with the abstract classes of numbers and collections
# shape: value
# causes: UNSUPPORTED_VALUE, WRONG_ANSWER
import abc
import collections.abc
import numbers


class Registered:
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 0

    def __getitem__(self, key):
        return self

    __sub__ = __rsub__ = __abs__ = lambda self, *args: 0


for kind in (numbers.Number, numbers.Real, numbers.Integral, collections.abc.Sequence, collections.abc.Mapping):
    kind.register(Registered)


class Everything(abc.ABC):
    @classmethod
    def __subclasshook__(cls, other):
        return True


def lie(expected_like: object) -> object:
    return Registered()
