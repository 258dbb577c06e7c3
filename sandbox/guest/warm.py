"""What boxes that are restored from a checkpoint have loaded already: what programs ask for most often.

Loaded before the program role is set apart, so that it has them too. Nothing here may remember anything that has to
differ between boxes, but `random`, which `reseed` is for.
"""

import sys

_MODULES = (
    "typing",
    "math",
    "collections",
    "functools",
    "itertools",
    "operator",
    "re",
    "string",
    "heapq",
    "bisect",
    "copy",
    "random",
)


def load() -> None:
    """Import them."""
    for name in _MODULES:
        __import__(name)


def reseed() -> None:
    """Give this process random numbers of its own, as if it had imported `random` itself."""
    sys.modules["random"].seed()
