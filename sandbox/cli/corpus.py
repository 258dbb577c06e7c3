"""Samples as jobs, for commands that run a corpus under policies of one's own."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from sandbox.evaluate.jobs import sample_job
from sandbox.evaluate.problems import ProblemSet, load_problems
from sandbox.evaluate.samples import Sample, canonical_samples, read_samples
from sandbox.job import Job
from sandbox.limits import RequestedLimits


@dataclass(frozen=True, slots=True)
class Corpus:
    """Samples and their problems."""

    problem_set: ProblemSet
    samples: tuple[Sample, ...]

    @property
    def names(self) -> dict[int, str]:
        """Whose sample each is, by index."""
        return {sample.index: f"{sample.task_id}, sample {sample.index}" for sample in self.samples}

    def jobs(self, *, run_id: str, policy: str, language: str) -> Iterator[Job]:
        """Yield a job for each sample."""
        for sample in self.samples:
            yield sample_job(
                self.problem_set.problems[sample.task_id],
                sample,
                run_id=run_id,
                limits=RequestedLimits(),
                policy=policy,
                language=language,
            )

    def only(self, indexes: set[int]) -> "Corpus":
        """Return the corpus of these samples."""
        return Corpus(self.problem_set, tuple(sample for sample in self.samples if sample.index in indexes))


def corpus_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name a corpus: `problems`, `samples_file`, `limit`, `language`."""
    for option in (
        click.option("--language", default="python", show_default=True, help="The language of the programs."),
        click.option(
            "--limit", type=click.IntRange(min=1), metavar="N", help="At most so many samples, from the first."
        ),
        click.option(
            "--samples",
            "samples_file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Samples, as for sandbox evaluate. [default: the problems' own solutions]",
        ),
        click.option("--problems", default="humaneval", show_default=True, help="Problems, as for sandbox evaluate."),
    ):
        command = option(command)
    return command


def read_corpus(problems: str, samples_file: Path | None, limit: int | None) -> Corpus:
    """Read a corpus.

    Raises:
        InputFileError: A file is malformed.
        click.UsageError: It is empty.
    """
    problem_set = load_problems(problems)
    samples = canonical_samples(problem_set) if samples_file is None else read_samples(samples_file, problem_set)
    chosen = tuple(itertools.islice(samples, limit))
    if not chosen:
        raise click.UsageError(f"{samples_file} has no samples")
    return Corpus(problem_set, chosen)


@contextmanager
def counting(title: str, total: int) -> Iterator[Callable[[], None]]:
    """Give a function to be called for each sample that is done: a bar on a terminal, a line elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        click.echo(f"{title}: {total} samples", err=True)
        yield lambda: None
        return
    times = (TimeElapsedColumn(), TimeRemainingColumn())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), *times)
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda: bar.advance(task)
