"""What a box holds for itself, seen before each of its jobs; what a job may have comes on top of it."""


class Baseline:
    """Goes by the least that was seen, once the box has come to its usual size.

    Before its first job a box holds less than ever after: gVisor's kernel grows by what it needs to end the first one's
    processes. From then on it goes up and down by a megabyte with the collections of its garbage, and what it happens
    to hold more when a job begins must not be the job's to use.
    """

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._at_first: int | None = None
        self._least: int | None = None

    def seen(self, held_bytes: int) -> int:
        """Take in what the box holds now, and return what it holds for itself."""
        if self._at_first is None:
            self._at_first = held_bytes
            return held_bytes
        self._least = held_bytes if self._least is None else min(self._least, held_bytes)
        return self._least

    def is_too_much(self, held_bytes: int, *, growth_bytes_max: int, left_bytes_max: int) -> bool:
        """Tell whether a box that has served a job holds what it cannot hold for itself.

        Args:
            held_bytes: Now.
            growth_bytes_max: How much it may have grown by its first job.
            left_bytes_max: How much more than the least it may hold afterwards.
        """
        if self._at_first is None:
            return True
        if self._least is None:
            return held_bytes > self._at_first + growth_bytes_max
        return held_bytes > self._least + left_bytes_max
