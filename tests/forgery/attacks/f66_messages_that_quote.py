# attack: answers so that the message of the failure quotes as much of the tests as can be, and prints what it is asked
# shape: whole
# causes: WRONG_ANSWER, EXCEPTION, UNSUPPORTED_VALUE
import sys

answers = ["", None, {}, [], "\udc80", float("nan"), "CANARY_", b"CANARY_", "a" * 10_000]


class Quotes(Exception):
    def __str__(self):
        return f"{sys._getframe(1).f_locals!r} {self.__context__!r} {self.__traceback__!r}"


def @NAME@(*args):
    print(repr(args), repr(sys._getframe(1).f_locals)[:1000])
    value = answers.pop() if answers else object()
    if len(answers) % 3 == 0:
        raise Quotes(args) from AssertionError(value)
    return value
