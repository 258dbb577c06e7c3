"""`python -m benchmarks.split`."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import fmean

import click

from benchmarks import machine, records
from benchmarks.flips import data
from benchmarks.flips.data import SPINNERS, Item
from benchmarks.progress import progress
from benchmarks.records import Record, Records
from sandbox import Integrity, Job, ServiceError, Verdict, local
from sandbox.cli.options import SECONDS, requested_limits
from sandbox.errors import SandboxError
from sandbox.limits import RequestedLimits
from sandbox.verdict import JobResult

_ROOT = Path(__file__).parents[2]
_LEVELS = [level.value for level in Integrity]
# What is not the program's alone to decide: where two runs of the same program may differ by themselves.
_NEAR_LIMIT = 0.8


@click.command(name="split")
@click.option(
    "--data",
    "data_folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=_ROOT.parent / "shared" / "data",
    help="The folder that has human-eval/ and codet/. [default: ../shared/data from the project's root]",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=_ROOT / "build" / "split",
    help="Where results are kept, and where an interrupted run goes on. [default: build/split]",
)
@click.option("--every", type=click.IntRange(min=1), default=1, metavar="N", help="Only every Nth, for a quick look.")
@click.option(
    "--level",
    "levels",
    type=click.Choice(_LEVELS),
    multiple=True,
    default=[Integrity.SEPARATE_PROCESS.value, Integrity.IN_PROCESS.value],
    show_default=True,
    help="What to compare; the first is compared with each of the others.",
)
@click.option("--timeout", type=SECONDS, default=3.0, show_default=True, help="CPU time.")
@click.option(
    "--policy",
    default="default",
    show_default=True,
    help="The policy of the jobs: batch, where a box serves several jobs, needs half the time.",
)
@click.option("--report", "report_only", is_flag=True, help="Run nothing; print the report of what is kept in --out.")
def main(
    *,
    data_folder: Path,
    out: Path,
    every: int,
    levels: tuple[str, ...],
    timeout: float,
    policy: str,
    report_only: bool,
) -> None:
    """Compare verdicts with tests apart from the program and in its process.

    Labels HumanEval's 164 canonical solutions and 16,400 samples of CodeGen-16B at each level, one after the other,
    with the job that `sandbox evaluate` makes. Names every program whose verdict differs, and prints what a job costs
    at each level.

    Exit code: 0 when no verdict differs but for programs near their CPU limit, 1 otherwise, 3 when something failed.
    """
    if os.geteuid() != 0 and not report_only:
        click.echo("split: boxes need root: run it with sudo", err=True)
        sys.exit(3)
    try:
        items = [item for item in data.load(data_folder) if item.part != SPINNERS][::every]
        if not report_only:
            here = machine.look()
            settings = {"timeout_s": timeout, "policy": policy, "data": data.digest(items)}
            records.claim(out, here.facts() | settings, here.date)
            _measure(items, levels, out / "results.jsonl", policy, requested_limits(timeout))
        claimed = records.claimed(out)
        click.echo(f"machine: {machine.told(claimed['facts'])}, {claimed['date']}")
        found = {(record["index"], record["level"]): record for record in records.read(out / "results.jsonl")}
        sys.exit(_report(items, levels, found, round(timeout * 1000)))
    except SandboxError as error:
        click.echo(f"split: {error}", err=True)
        sys.exit(3)


def _measure(items: list[Item], levels: Iterable[str], path: Path, policy: str, limits: RequestedLimits) -> None:
    with Records(path) as kept, local(policies=[policy]) as client:
        done = {(record["index"], record["level"]) for record in kept}
        # One program after the other, each at all levels: what drifts, drifts for all of them.
        wanted = [(item, level) for item in items for level in levels if (item.index, level) not in done]
        with progress("split", len(wanted)) as step:
            for result in client.run_many(_jobs(wanted, policy, limits)):
                index, _, level = result.job_id.partition("-")
                kept.add({"index": int(index), "level": level} | _said(result))
                step()


def _jobs(wanted: list[tuple[Item, str]], policy: str, limits: RequestedLimits) -> Iterator[Job]:
    for item, level in wanted:
        job = item.job(limits)
        yield Job(
            id=f"{item.index}-{level}",
            program=job.program,
            tests=job.tests,
            limits=job.limits,
            policy=policy,
            integrity=Integrity(level),
        )


def _said(result: JobResult) -> Record:
    if isinstance(result, ServiceError):
        return {"verdict": None, "cause": result.code.value, "message": result.message[:200]}
    assert isinstance(result, Verdict)  # noqa: S101 (exhaustiveness, for the type checker)
    return {
        "verdict": result.status.value,
        "cause": result.cause.value,
        "message": result.message[:200],
        "cpu_time_ms": result.usage.cpu_time_ms,
        "wall_time_ms": result.usage.wall_time_ms,
        "box_start_ms": result.usage.box_start_ms,
    }


def _report(items: list[Item], levels: tuple[str, ...], found: dict[tuple[int, str], Record], limit_ms: int) -> int:
    for level in levels:
        of_level = [found[item.index, level] for item in items if (item.index, level) in found]
        judged = [record for record in of_level if record["verdict"] is not None]
        if not judged:
            click.echo(f"{level}: nothing yet")
            continue
        passed = sum(record["verdict"] == "PASSED" for record in judged)
        ended = [record for record in judged if record["cpu_time_ms"] < _NEAR_LIMIT * limit_ms]
        click.echo(
            f"{level}: {len(of_level)} of {len(items)} judged, {passed} passed, {len(of_level) - len(judged)} service "
            f"errors; of those that ended by themselves, mean CPU {_mean('cpu_time_ms', ended)}, mean wall "
            f"{_mean('wall_time_ms', ended)}, mean start {_mean('box_start_ms', ended)}"
        )
    return max((_compare(items, levels[0], level, found, limit_ms) for level in levels[1:]), default=0)


def _mean(name: str, of: list[Record]) -> str:
    return f"{fmean(record[name] for record in of):.1f} ms" if of else "unknown"


def _compare(items: list[Item], one: str, other: str, found: dict[tuple[int, str], Record], limit_ms: int) -> int:
    pairs = [
        (item, found[item.index, one], found[item.index, other])
        for item in items
        if (item.index, one) in found and (item.index, other) in found
    ]
    differ = [(item, a, b) for item, a, b in pairs if a["verdict"] != b["verdict"]]
    near = [max(a.get("cpu_time_ms", 0), b.get("cpu_time_ms", 0)) >= _NEAR_LIMIT * limit_ms for _, a, b in differ]
    causes = Counter((a["cause"], b["cause"]) for _, a, b in pairs if a["verdict"] == b["verdict"])
    click.echo(f"\n{one} and {other}: {len(pairs)} programs, {len(differ)} verdicts differ, {sum(near)} near the limit")
    for (first, second), count in causes.most_common():
        if first != second:
            click.echo(f"  the same verdict with another cause: {count} times {first} and {second}")
    for item, a, b in differ:
        click.echo(f"  {item.problem.task_id}#{item.number} ({item.part}): {_told(a)} | {_told(b)}")
    return 0 if all(near) else 1


def _told(record: Record) -> str:
    return f"{record['verdict']} {record['cause']} {record.get('cpu_time_ms', '')} ms {record['message'][:80]!r}"


if __name__ == "__main__":
    main()
