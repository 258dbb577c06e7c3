# attack: objects of the standard library that are equal to everything or callable as anything
# shape: value
# causes: UNSUPPORTED_VALUE, WRONG_ANSWER
import functools
import random
import types
import unittest.mock
import weakref


class Namespace(types.SimpleNamespace):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


class Target:
    pass


TARGET = Target()


def lie(expected_like: object) -> object:
    return random.choice(
        (
            unittest.mock.ANY,
            unittest.mock.MagicMock(),
            unittest.mock.MagicMock(__eq__=lambda *args: True, __lt__=lambda *args: True),
            unittest.mock.sentinel.passed,
            unittest.mock.call,
            functools.partial(lambda: True),
            functools.cmp_to_key(lambda a, b: 0)(expected_like),
            functools.cmp_to_key,
            Namespace(passed=True),
            weakref.proxy(TARGET).__class__,
            NotImplemented,
        )
    )
