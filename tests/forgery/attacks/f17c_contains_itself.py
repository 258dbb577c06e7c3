# attack: returns containers that contain themselves
# shape: value
# causes: UNSUPPORTED_VALUE, EXCEPTION, WRONG_ANSWER
import random


class Loop(list):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


def lie(expected_like: object) -> object:
    loop = Loop()
    loop.append(random.choice((loop, (loop,), {"a": loop})))
    return loop
