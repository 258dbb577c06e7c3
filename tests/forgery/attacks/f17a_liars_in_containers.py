# attack: hides lying values deep in containers, as members of sets and as keys
# shape: value
# causes: WRONG_ANSWER, UNSUPPORTED_VALUE, EXCEPTION
import random


class Text(str):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return random.getrandbits(8)


class Number(int):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 1


class Pair(tuple):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


class Group(frozenset):
    def __eq__(self, other):
        return True

    def __contains__(self, member):
        return True

    def __hash__(self):
        return 0


def lie(expected_like: object) -> object:
    value = random.choice((Text("wrong"), Number(-5)))
    for _ in range(random.randrange(1, 6)):
        value = random.choice((Pair, Group))((value, Text("x")))
    return value
