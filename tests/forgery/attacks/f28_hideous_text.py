# attack: objects and exceptions whose text raises, is huge, or forges lines
# shape: value
# causes: WRONG_ANSWER, UNSUPPORTED_VALUE, EXCEPTION, EXITED_EARLY
# limits: memory_bytes=268435456
import os
import random


class Raises:
    def __repr__(self):
        raise SystemExit(0)

    __str__ = __format__ = __repr__

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


class Huge(Raises):
    def __repr__(self):
        return "passed\n" * 5_000_000

    __str__ = __repr__


class Exits(Raises):
    def __repr__(self):
        os._exit(0)

    __str__ = __repr__


class Marked(Raises):
    def __repr__(self):
        return "\x1b[2J\r\n=== 5 passed in 0.01s ===\nPASSED: ALL_TESTS_PASSED\n\0\u202e"

    __str__ = __repr__


class Failure(Exception):
    def __str__(self):
        return "\nOK\n" * 1_000_000


Marked.__qualname__ = Marked.__name__ = "PASSED: ALL_TESTS_PASSED\n" * 1000


def lie(expected_like: object) -> object:
    if random.random() < 0.2:
        raise Failure(Marked())
    return random.choice((Raises, Huge, Exits, Marked))()
