"""HumanEval+ in EvalPlus's own format: what is right for an argument, the problem's own solution says."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import InputFileError
from sandbox.evaluate.jobs import sample_job
from sandbox.evaluate.problems import ProblemSet, load_problems
from sandbox.evaluate.samples import canonical_samples
from sandbox.job import SourceTests
from sandbox.limits import RequestedLimits
from tests.unit.roles import judge

PROBLEM: dict[str, Any] = {
    "task_id": "HumanEval/7",
    "prompt": "def half(values):\n    '''Halve each.'''\n",
    "entry_point": "half",
    "canonical_solution": "    return [value / 2 for value in values]\n",
    "test": "def check(candidate):\n    pass\n",
    "contract": "    assert values\n",
    "base_input": [[[1.0]]],
    "plus_input": [[[3, 4]], [[]]],
    "atol": 0,
}
SIGNATURE = "def half(values):\n    "


def load(folder: Path, **changes: Any) -> ProblemSet:
    path = folder / "problems.jsonl"
    path.write_text(json.dumps({key: value for key, value in (PROBLEM | changes).items() if value is not None}) + "\n")
    return load_problems(path)


def passes(program: str, problems: ProblemSet) -> bool:
    (problem,) = problems.problems.values()
    (sample,) = canonical_samples(problems)
    job = sample_job(problem, sample, run_id="r", limits=RequestedLimits())
    assert isinstance(job.tests, SourceTests)
    return judge(program, job.tests.source.decode()).passed


@pytest.mark.parametrize(
    ("body", "is_right"),
    [
        ("return [value / 2 for value in values]", True),
        ("return [value * 0.5 + 9e-7 for value in values]", True),
        ("return [value * 0.5 + 3e-6 for value in values]", False),
        ("return tuple(value / 2 for value in values)", False),
        ("return [value / 2 for value in values] + [1.0]", False),
        ("return [str(value / 2) for value in values]", False),
        # Right for what HumanEval's own tests ask.
        ("return [0.5]", False),
        ("values.clear(); return values", False),
        ("return None", False),
        ("raise ValueError", False),
    ],
)
def test_floats_may_be_near(tmp_path: Path, body: str, is_right: bool) -> None:
    assert passes(SIGNATURE + body, load(tmp_path)) is is_right


def test_what_is_no_float_has_to_be_equal(tmp_path: Path) -> None:
    problems = load(
        tmp_path, canonical_solution="    return [int(value) for value in values]\n", plus_input=[[[10**9]]]
    )
    assert passes(SIGNATURE + "return [int(value) for value in values]", problems)
    assert not passes(
        SIGNATURE + "return [int(value) + 1e-9 if value < 2 else 10 ** 9 + 1 for value in values]", problems
    )


def test_a_problems_own_tolerance_is_used(tmp_path: Path) -> None:
    problems = load(tmp_path, atol=0.01)
    assert passes(SIGNATURE + "return [value / 2 + 0.009 for value in values]", problems)
    assert not passes(SIGNATURE + "return [value / 2 + 0.011 for value in values]", problems)


def test_a_program_cannot_change_what_the_solution_gets(tmp_path: Path) -> None:
    problems = load(tmp_path)
    assert passes(
        SIGNATURE + "result = [value / 2 for value in values]\n    values.clear()\n    return result", problems
    )


@pytest.mark.parametrize(
    "value",
    [
        "type('Equal', (), {'__eq__': lambda self, other: True, '__ne__': lambda self, other: False})()",
        "type('Equal', (list,), {'__eq__': lambda self, other: True, '__len__': lambda self: 1})()",
        "type('Near', (float,), {'__sub__': lambda self, other: 0.0, '__eq__': lambda self, other: True})()",
        "float('nan')",
        "[float('nan')] * len(values)",
    ],
)
def test_a_value_that_lies_is_not_right(tmp_path: Path, value: str) -> None:
    assert not passes(SIGNATURE + f"return {value}", load(tmp_path))


@pytest.mark.parametrize(("zero", "is_right"), [(-0.5, True), (-0.50001, True), (0.0, False), ("'x'", False)])
def test_any_zero_of_a_polynomial_is_right(tmp_path: Path, zero: Any, is_right: bool) -> None:
    problems = load(
        tmp_path,
        prompt="def find_zero(xs):\n", entry_point="find_zero", canonical_solution="    return 7.0\n",
        base_input=[[[1, 2]]], plus_input=[], atol=0.0001,
    )  # fmt: skip
    assert passes(f"def find_zero(xs):\n    return {zero}", problems) is is_right


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"test": None, "task_id": "Mbpp/2"}, r"MbppPlus-OriginFmt\.jsonl\.gz"),
        ({"atol": "0"}, "atol must be a number"),
        ({"atol": -1}, "atol must be a number"),
        ({"base_input": None}, "'base_input' must be a list of lists"),
        ({"plus_input": [1]}, "'plus_input' must be a list of lists"),
        ({"base_input": [], "plus_input": []}, "no tests"),
        ({"prompt": 1}, "'prompt' must be a string"),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputFileError, match=reason):
        load(tmp_path, **changes)
