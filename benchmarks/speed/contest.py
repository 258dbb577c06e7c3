"""Two ways to run the same programs, in turns, so that a machine whose speed drifts drifts for both."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import psutil

from benchmarks.speed.programs import Work

Way = Callable[[Sequence[Work]], None]
"""Runs all of them, as many at once as there are workers; raises SandboxError if one does not pass."""

_MS_PER_S = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn of one side.

    Attributes:
        jobs: How many it ran.
        time_s: How long it took.
        cpu_s: CPU time of the whole machine meanwhile.
    """

    jobs: int
    time_s: float
    cpu_s: float

    @property
    def jobs_per_s(self) -> float:
        """Jobs per second."""
        return self.jobs / self.time_s

    @property
    def cpu_ms_per_job(self) -> float:
        """CPU time of the machine for each job."""
        return self.cpu_s * _MS_PER_S / self.jobs


@dataclass(frozen=True, slots=True)
class Contest:
    """All turns: ours and theirs, round by round."""

    ours: tuple[Turn, ...]
    theirs: tuple[Turn, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """Our jobs per second by theirs, of each round."""
        return tuple(a.jobs_per_s / b.jobs_per_s for a, b in zip(self.ours, self.theirs, strict=True))

    @property
    def ratio(self) -> float:
        """The median of the rounds."""
        return median(self.ratios)


def machine_cpu_s() -> float:
    """Return the CPU time that this machine has used since it started, whoever used it."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq)


def take_turn(way: Way, works: Sequence[Work]) -> Turn:
    """Have one side run a portion."""
    cpu_s, begun = machine_cpu_s(), time.monotonic()
    way(works)
    return Turn(jobs=len(works), time_s=time.monotonic() - begun, cpu_s=machine_cpu_s() - cpu_s)


def compete(ours: Way, theirs: Way, rounds: int, portions: Iterator[Sequence[Work]]) -> Contest:
    """Have both run the same portions, and swap who is first.

    Args:
        ours: Our way.
        theirs: The other's.
        rounds: How often.
        portions: A new one for each round.

    Raises:
        SandboxError: One side did not do what it was to do.
    """
    turns: dict[Way, list[Turn]] = {ours: [], theirs: []}
    for number in range(rounds):
        portion = next(portions)
        for way in (ours, theirs) if number % 2 == 0 else (theirs, ours):
            turns[way].append(take_turn(way, portion))
    return Contest(tuple(turns[ours]), tuple(turns[theirs]))
