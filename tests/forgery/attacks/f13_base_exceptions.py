# attack: raises what runners let through: interrupts, ends of generators, and a base exception of its own
# shape: action
# causes: LOAD_ERROR, EXCEPTION, WRONG_ANSWER
import asyncio
import random


class Quiet(BaseException):
    def __str__(self):
        raise self

    __repr__ = __str__


def attack() -> None:
    raise random.choice((KeyboardInterrupt, GeneratorExit, asyncio.CancelledError, Quiet))()
