# attack: arrays of objects, masked arrays, arrays without a dimension and scalars that lie
# shape: value
# causes: UNSUPPORTED_VALUE, WRONG_ANSWER, EXCEPTION
# needs: numpy
import random

import numpy as np


class Equal:
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


class Scalar(np.float64):
    def __eq__(self, other):
        return True

    __sub__ = __rsub__ = __abs__ = lambda self, *args: 0.0
    __hash__ = np.float64.__hash__


def lie(expected_like: object) -> object:
    return random.choice(
        (
            np.array([Equal(), Equal()], dtype=object),
            np.array(Equal(), dtype=object),
            np.ma.masked,
            np.ma.masked_all(3),
            np.array(-7e9),
            Scalar(-7e9),
            np.recarray((1,), dtype=[("a", object)]),
        )
    )
