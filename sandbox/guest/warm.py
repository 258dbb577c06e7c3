"""What boxes that are restored from a checkpoint have loaded already.

Loaded before the program role is set apart, so that it has it too. Nothing loaded may remember anything that has to
differ between boxes, but what `reseed` is for.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def load(names: Iterable[str]) -> None:
    """Import modules."""
    for name in names:
        __import__(name)


def reseed() -> None:
    """Give this process random numbers of its own, as if it had imported what makes them itself."""
    for name in ("random", "numpy.random"):
        if (module := sys.modules.get(name)) is not None:
            module.seed()
