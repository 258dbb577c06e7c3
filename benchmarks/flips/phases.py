"""The four phases: in boxes and without, idle and loaded. Each keeps its results and goes on where it was."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.flips.bare import BareHarness
from benchmarks.flips.data import Item
from benchmarks.progress import progress
from benchmarks.records import Record, Records
from sandbox import RequestedLimits, local
from sandbox.evaluate.results import result_fields
from sandbox.host import look
from sandbox.verdict import JobResult

BOXES, BARE = "boxes", "bare"
IDLE, LOADED, AGAIN = "idle", "loaded", "again"
_MESSAGE_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One way of labelling everything.

    Attributes:
        harness: BOXES or BARE.
        load: IDLE or LOADED.
        at_once: Jobs that run at the same time; None: as many as the server chooses.
    """

    harness: str
    load: str
    at_once: int | None

    @property
    def file_name(self) -> str:
        """Where its results are kept."""
        return f"{self.harness}-{self.load}.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is the same for all phases."""

    out: Path
    backend: str
    timeout_s: float
    limits: RequestedLimits
    cores: int
    most_at_once: int


def run(phase: Phase, items: Sequence[Item], plan: Plan) -> None:
    """Label those items that have no label yet. An interruption loses what is in flight."""
    with Records(plan.out / phase.file_name) as records:
        kept = list(records)
        done = {record["index"] for record in kept}
        left = [item for item in items if item.index not in done]
        if not left:
            return
        # Each record says when it came, so that a killed run still knows how long it took.
        session = 1 + max((record["session"] for record in kept), default=0)
        begun, load_1min = time.monotonic(), round(look().load_1min, 1)
        what = f"{phase.harness}, {phase.load}"
        with progress(what, len(items), len(items) - len(left)) as advance:
            for record in _label(phase, left, plan):
                at_s = round(time.monotonic() - begun, 3)
                records.add(record | {"session": session, "at_s": at_s, "load_before": load_1min})
                advance()


def run_again(items: Sequence[Item], times: int, plan: Plan) -> None:
    """Label items a few times more on the idle machine: does the program itself come to the same end each time?"""
    with Records(plan.out / f"{BOXES}-{AGAIN}.jsonl") as records:
        done = [record["index"] for record in records]
        left = [item for item in items for _ in range(times - done.count(item.index))]
        if not left:
            return
        rounds: list[list[Item]] = []
        for item in left:
            # Two jobs of one id must not run at once: a round has each item once.
            first_free = next((members for members in rounds if item not in members), None)
            if first_free is None:
                rounds.append([item])
            else:
                first_free.append(item)
        phase = Phase(harness=BOXES, load=IDLE, at_once=None)
        with progress("flips, again, idle", len(left)) as advance:
            for members in rounds:
                for record in _label(phase, members, plan):
                    records.add(record)
                    advance()


def _label(phase: Phase, items: Sequence[Item], plan: Plan) -> Iterator[Record]:
    return _in_boxes(phase, items, plan) if phase.harness == BOXES else _bare(phase, items, plan)


def _in_boxes(phase: Phase, items: Sequence[Item], plan: Plan) -> Iterator[Record]:
    by_index = {item.index: item for item in items}
    # Idle: a few more than run, so that no slot waits for us; what waits in the queue costs nobody anything.
    in_flight = phase.at_once or 4 * plan.cores
    with local(backend=plan.backend, slots=phase.at_once, in_flight_max=in_flight) as client:
        slots = client.server_info().slots
        results = client.run_many(item.job(plan.limits) for item in items)
        try:
            for result in results:
                item = by_index[int(result.job_id.rpartition("-")[2])]
                yield _head(item) | {"at_once": slots} | _facts(result)
        finally:
            results.close()


def _facts(result: JobResult) -> dict[str, Any]:
    facts = result_fields(result)
    facts["message"] = facts["message"][:_MESSAGE_CHARACTERS]
    facts.pop("receipt", None)
    if facts["verdict"] is None:
        facts["verdict"], facts["cause"] = "SERVICE_ERROR", facts["service_error"]
    return facts


def _bare(phase: Phase, items: Sequence[Item], plan: Plan) -> Iterator[Record]:
    workers = phase.at_once or plan.cores
    harness = BareHarness(workers=workers, most_workers=plan.most_at_once, timeout_s=plan.timeout_s)
    for item, answer in harness.label(items):
        yield _head(item) | {"at_once": workers} | answer


def _head(item: Item) -> Record:
    return {"index": item.index, "part": item.part, "task_id": item.problem.task_id, "number": item.number}
