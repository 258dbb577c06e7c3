# attack: returns references to things of the tests' side, as an encoder of handles might write them
# shape: value
# causes: WRONG_ANSWER, UNSUPPORTED_VALUE
import random


class Handle:
    __slots__ = ("id",)
    __module__ = "sandbox.guest.proxies"

    def __init__(self, number):
        self.id = number


Handle.__name__ = Handle.__qualname__ = "RemoteFunction"


def lie(expected_like: object) -> object:
    return random.choice(
        (
            {"$handle": 1},
            {"__handle__": 0, "py/id": 1, "py/object": "builtins.object", "$ref": "#"},
            ("handle", 1),
            b"H\0\0\0\1\0",
            "<handle 1>",
            Handle(1),
            memoryview(b"handle"),
        )
    )
