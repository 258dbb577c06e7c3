"""`python -m benchmarks.deadline`."""

import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from benchmarks import machine
from benchmarks.deadline.lateness import at_least_ms, at_most_ms, quantile, stopped_late_ms
from benchmarks.deadline.programs import KINDS
from benchmarks.progress import progress
from benchmarks.records import Record, Records, claim, claimed, read
from sandbox import local
from sandbox.cli.options import BACKENDS
from sandbox.errors import SandboxError
from sandbox.job import Job
from sandbox.verdict import JobResult, ServiceError

_ROOT = Path(__file__).parents[2]
_PHASES = ("idle", "saturated")
_PROMISE_MS = 1_000
_MS_PER_S = 1_000
_NS_PER_MS = 1_000_000


@click.command(name="deadline")
@click.option("--jobs", type=click.IntRange(min=4), default=240, show_default=True, help="Jobs in each phase.")
@click.option("--jobs-per-core", type=click.IntRange(min=1), default=8, show_default=True, help="When saturated.")
@click.option("--backend", type=BACKENDS, default="runsc", show_default=True, help="What makes the boxes.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=_ROOT / "build" / "deadline",
    help="Where results are kept, and where an interrupted run goes on. [default: build/deadline]",
)
@click.option("--report", "report_only", is_flag=True, help="Run nothing; print the report of what is kept in --out.")
def main(*, jobs: int, jobs_per_core: int, backend: str, out: Path, report_only: bool) -> None:
    """Measure how long after its deadline a job's verdict arrives at the client.

    Spinners, sleepers, programs that stop themselves, and fork bombs that ignore signals; on the idle machine, with as
    many boxes as the server chooses, and saturated, with 8 per core at once.

    Needs root and gVisor. Takes about a quarter of an hour.

    Exit code: 0 when the promise holds in both phases: 99 of 100 verdicts arrive within a second. 1 when not, or when a
    program got another verdict than a time-out, 3 when something failed.
    """
    try:
        if not report_only:
            _run(jobs, jobs_per_core, backend, out)
        kept = {phase: list(read(out / f"{phase}.jsonl")) for phase in _PHASES}
        run = claimed(out)
    except SandboxError as error:
        click.echo(f"deadline: {error}", err=True)
        sys.exit(3)
    except KeyboardInterrupt:
        click.echo(f"deadline: interrupted; the results so far are in {out}, and the same command goes on", err=True)
        sys.exit(130)
    click.echo(f"machine: {machine.told(run['facts'])}, begun {run['date']}")
    click.echo(f"boxes by {run['facts']['backend']}; milliseconds, p50 / p99 / max")
    for phase, records in kept.items():
        click.echo("\n" + "\n".join(_lines(phase, records)))
    sys.exit(0 if all(records and _holds(records) for records in kept.values()) else 1)


def _run(jobs: int, jobs_per_core: int, backend: str, out: Path) -> None:
    if os.geteuid() != 0:
        raise SandboxError("boxes need root: run it with sudo")
    here = machine.look()
    settings = {"jobs": jobs, "jobs_per_core": jobs_per_core, "backend": backend}
    claim(out, settings | here.facts(), here.date)
    for phase, slots in zip(_PHASES, (None, jobs_per_core * here.cores), strict=True):
        with Records(out / f"{phase}.jsonl") as records:
            done = {record["job_id"] for record in records}
            wanted = [KINDS[number % len(KINDS)].job(number) for number in range(jobs)]
            left = [job for job in wanted if job.id not in done]
            if not left:
                continue
            with (
                progress(phase, jobs, len(done)) as advance,
                # No more than can run: what a job waits in the queue is not what is measured here.
                local(backend=backend, slots=slots, in_flight_max=slots or here.cores) as client,
            ):
                for record in _measure(client.run_many, left):
                    records.add(record)
                    advance()


def _measure(run_many: Callable[[Iterator[Job]], Iterator[JobResult]], jobs: Sequence[Job]) -> Iterator[Record]:
    sent: dict[str, float] = {}

    def sending() -> Iterator[Job]:
        for job in jobs:
            sent[job.id] = time.monotonic()
            yield job

    for result in run_many(sending()):
        arrived, arrived_ns = time.monotonic(), time.time_ns()
        record: Record = {"job_id": result.job_id, "kind": result.job_id.partition("-")[0]}
        if isinstance(result, ServiceError):
            yield record | {"verdict": "SERVICE_ERROR", "cause": result.code.value, "message": result.message}
            continue
        said = result.stdout.data.split(b"\n")[0]
        usage = result.usage
        yield record | {
            "verdict": result.status.value,
            "cause": result.cause.value,
            "limit_name": result.evidence.limit_name,
            "limit": result.evidence.limit,
            "attempts": result.attempts,
            "cpu_time_ms": usage.cpu_time_ms,
            "wall_time_ms": usage.wall_time_ms,
            "starved_time_ms": usage.starved_time_ms,
            "queue_time_ms": usage.queue_time_ms,
            "box_start_ms": usage.box_start_ms,
            "sent_to_verdict_ms": round((arrived - sent[result.job_id]) * _MS_PER_S),
            "start_to_verdict_ms": round((arrived_ns - int(said)) / _NS_PER_MS) if said.isdigit() else None,
        }


def _as_expected(record: Record) -> bool:
    causes = {kind.name: kind.causes for kind in KINDS}
    return record["cause"] in causes[record["kind"]]


def _holds(records: list[Record]) -> bool:
    """Tell whether all got their time-outs, and 99 of 100 verdicts came within a second, by the stricter measure."""
    if not all(map(_as_expected, records)):
        return False
    late = [at_most if (at_most := at_most_ms(r)) is not None else at_least_ms(r) for r in records]
    return quantile([math.inf if value is None else value for value in late], 0.99) <= _PROMISE_MS


def _lines(phase: str, records: list[Record]) -> Iterator[str]:
    yield f"{phase}: {len(records)} jobs"
    yield (
        f"  {'':<10} {'jobs':>5} {'2 boxes':>8} {'box dead after deadline':>26} "
        f"{'verdict, at most (1 box)':>26} {'verdict, at least (all)':>26}"
    )
    good = [record for record in records if _as_expected(record)]
    for name in [*(kind.name for kind in KINDS), "all"]:
        chosen = [record for record in good if name in {record["kind"], "all"}]
        if chosen:
            told = [
                _told([measure(record) for record in chosen]) for measure in (stopped_late_ms, at_most_ms, at_least_ms)
            ]
            twice = sum(record["attempts"] > 1 for record in chosen)
            yield f"  {name:<10} {len(chosen):>5} {twice:>8} {told[0]:>26} {told[1]:>26} {told[2]:>26}"
    confirmed: list[float | None] = [record["sent_to_verdict_ms"] for record in good if record["attempts"] > 1]
    if confirmed:
        yield f"  {len(confirmed)} ran in two boxes; from sending such a job to its verdict: {_told(confirmed)}"
    for record in records:
        if not _as_expected(record):
            yield f"  UNEXPECTED: {record['job_id']}: {record['verdict']} {record['cause']} {record.get('message', '')}"


def _told(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    return " / ".join(f"{value:.0f}" for value in (quantile(known, 0.5), quantile(known, 0.99), max(known)))


if __name__ == "__main__":
    main()
