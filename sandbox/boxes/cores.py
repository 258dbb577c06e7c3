"""Which cores a box runs on: as many as its CPU time pays for, those with the fewest boxes."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Cores:
    """The cores of this machine, and how many boxes each has.

    A box is many threads that hand work to each other all the time: gVisor's kernel, and what it has of the program.
    Where they may spread over cores that the box's quota does not pay for, they wake each other across them.
    """

    def __init__(self, numbers: Iterable[int]) -> None:
        """Begin with no boxes.

        Args:
            numbers: The cores, as the kernel numbers them.
        """
        self._boxes = Counter(dict.fromkeys(sorted(numbers), 0))

    @contextmanager
    def of_a_box(self, count: int) -> Iterator[tuple[int, ...]]:
        """Give a box its cores, until it is gone; no names of any where it can have all of them.

        Args:
            count: How many its quota pays for.
        """
        if count >= len(self._boxes):
            yield ()
            return
        chosen = tuple(sorted(sorted(self._boxes, key=self._boxes.__getitem__)[:count]))
        self._boxes.update(chosen)
        try:
            yield chosen
        finally:
            self._boxes.subtract(chosen)
