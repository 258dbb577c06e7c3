# attack: an array subclass that overrides every function that numpy would apply to it
# shape: value
# causes: UNSUPPORTED_VALUE, WRONG_ANSWER, EXCEPTION
# needs: numpy
import numpy as np


class Liar(np.ndarray):
    __array_priority__ = 1e9

    def __array_ufunc__(self, *args, **kwargs):
        return np.True_

    def __array_function__(self, *args, **kwargs):
        return True

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0

    def tolist(self):
        return "right"


def lie(expected_like: object) -> object:
    return np.zeros(3).view(Liar)
