# attack: returns generators and iterators without end where a value is expected
# shape: value
# causes: UNSUPPORTED_VALUE, WRONG_ANSWER, CPU_TIME_LIMIT
import itertools
import random


def forever():
    while True:
        yield 0


class Forever:
    def __iter__(self):
        return forever()

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return 0


def lie(expected_like: object) -> object:
    return random.choice((forever(), itertools.count(), itertools.repeat(0), iter(int, 1), Forever(), map(abs, forever())))
