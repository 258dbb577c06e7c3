"""Samples: one completion of one problem per line."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.errors import InputFileError
from sandbox.evaluate.lines import read_objects, text_field
from sandbox.evaluate.problems import Problem, ProblemSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One line of a sample file.

    Attributes:
        index: Its place among the samples, from 0.
        task_id: The problem it is for.
        completion: What follows the problem's prompt.
        record: The line as it was, with all fields.
    """

    index: int
    task_id: str
    completion: str
    record: dict[str, Any]


def read_samples(path: Path, problem_set: ProblemSet) -> Iterator[Sample]:
    """Yield the samples of a file one by one.

    Raises:
        InputFileError: The file cannot be read, a line is no sample, or it is for a problem that is not there.
    """
    for index, (number, record) in enumerate(read_objects(path)):
        task_id = text_field(path, number, record, "task_id")
        completion = text_field(path, number, record, "completion")
        if task_id not in problem_set.problems:
            raise InputFileError(str(path), number, f"no problem {task_id!r} in {problem_set.path}")
        yield Sample(index=index, task_id=task_id, completion=completion, record=record)


def canonical_samples(problem_set: ProblemSet) -> Iterator[Sample]:
    """Yield each problem's own solution as its sample."""
    for index, problem in enumerate(problem_set.problems.values()):
        yield reference_sample(index, problem)


def reference_sample(index: int, problem: Problem) -> Sample:
    """Return a problem's own solution as a sample."""
    record = {"task_id": problem.task_id, "completion": problem.canonical_solution}
    return Sample(index=index, task_id=problem.task_id, completion=problem.canonical_solution, record=record)
