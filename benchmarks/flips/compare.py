"""What changed between two runs of the same programs. Pure: records in, a comparison out."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from benchmarks.records import Record

SAFE_SHARE = 0.8
"""Of its CPU limit: whoever used less must get the same verdict on any machine."""

UNJUDGED = frozenset({"SERVICE_ERROR", "HUNG"})
"""Ends that say nothing about the program. They are counted apart, and are no label that could flip."""


@dataclass(frozen=True, slots=True)
class Flip:
    """One program whose label changed."""

    idle: Record
    loaded: Record

    @property
    def is_of_status(self) -> bool:
        """Whether the status changed; else only the cause did."""
        return bool(self.idle["verdict"] != self.loaded["verdict"])


@dataclass(slots=True)
class Comparison:
    """The programs that both runs have.

    Attributes:
        safe: How many programs of each part have a label in both, and used less than their safe share.
        rest: The same of those that used more.
        flips_safe: Flips among these.
        flips_rest: Flips among the others.
        unjudged: Programs without a label in one run or both.
    """

    safe: Counter[str] = field(default_factory=Counter)
    rest: Counter[str] = field(default_factory=Counter)
    flips_safe: list[Flip] = field(default_factory=list)
    flips_rest: list[Flip] = field(default_factory=list)
    unjudged: list[Flip] = field(default_factory=list)

    @property
    def compared(self) -> int:
        """How many programs have a label in both."""
        return self.safe.total() + self.rest.total()


def compare(idle: Iterable[Record], loaded: Iterable[Record], safe: Mapping[int, bool]) -> Comparison:
    """Compare two runs, program by program.

    Args:
        idle: One run.
        loaded: The other one.
        safe: Whether a program used less than its safe share, by index.
    """
    before = {record["index"]: record for record in idle}
    found = Comparison()
    for record in sorted(loaded, key=lambda record: int(record["index"])):
        first = before.get(record["index"])
        if first is None:
            continue
        flip = Flip(first, record)
        if UNJUDGED & {first["verdict"], record["verdict"]}:
            found.unjudged.append(flip)
            continue
        is_safe = safe.get(record["index"], False)
        (found.safe if is_safe else found.rest)[record["part"]] += 1
        if (first["verdict"], first["cause"]) != (record["verdict"], record["cause"]):
            (found.flips_safe if is_safe else found.flips_rest).append(flip)
    return found


def safe_by_cpu_time(idle: Iterable[Record], limit_ms: int) -> dict[int, bool]:
    """Tell who used less than the safe share of its CPU limit, on the idle machine and in a box."""
    return {
        record["index"]: record["cpu_time_ms"] < SAFE_SHARE * limit_ms
        for record in idle
        if record["verdict"] not in UNJUDGED
    }


def safe_by_wall_time(idle: Iterable[Record], limit_ms: int) -> dict[int, bool]:
    """The same by wall time, for a harness that knows nothing else."""
    return {
        record["index"]: record["wall_time_ms"] < SAFE_SHARE * limit_ms
        for record in idle
        if record["verdict"] not in UNJUDGED
    }


def time_taken_s(records: Iterable[Record]) -> float:
    """Add up the sessions of one phase, each up to its last record."""
    sessions: dict[int, float] = {}
    for record in records:
        sessions[record["session"]] = max(sessions.get(record["session"], 0.0), record["at_s"])
    return sum(sessions.values())
