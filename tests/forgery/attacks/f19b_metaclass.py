# attack: classes, as values and by their instances, that are equal to each type and count everything as theirs
# shape: value
# causes: UNSUPPORTED_VALUE, WRONG_ANSWER
import random


class Meta(type):
    def __instancecheck__(cls, value):
        return True

    def __subclasscheck__(cls, kind):
        return True

    def __eq__(cls, other):
        return True

    def __ne__(cls, other):
        return False

    def __hash__(cls):
        return hash(str)

    def __len__(cls):
        return 1

    def __iter__(cls):
        return iter(("wrong",))


class Kind(metaclass=Meta):
    __class__ = str

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


def lie(expected_like: object) -> object:
    return random.choice((Kind, Kind(), Meta))
