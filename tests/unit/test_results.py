"""Result files and the report."""

import itertools
import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import ResultFileError
from sandbox.evaluate.report import Tally
from sandbox.evaluate.results import _FIELDS, ResultFile, result_line, result_text
from sandbox.evaluate.samples import Sample
from sandbox.limits import LIMIT_NAMES, Limits
from sandbox.verdict import (
    Captured,
    Cause,
    Evidence,
    Fault,
    Integrity,
    KilledBy,
    Receipt,
    ServiceError,
    ServiceErrorCode,
    TestResult,
    TestStatus,
    Usage,
    Verdict,
)


def verdict(cause: Cause, message: str = "") -> Verdict:
    return Verdict(
        job_id="r-0",
        cause=cause,
        message=message,
        tests_planned=2,
        test_results=(TestResult(0, TestStatus.PASSED, ""), TestResult(1, TestStatus.FAILED, "no")),
        usage=Usage(cpu_time_ms=11, wall_time_ms=12, memory_peak_bytes=13),
        stdout=Captured(),
        stderr=Captured(),
        integrity=Integrity.SEPARATE_PROCESS,
        receipt=Receipt(
            program_digest="sha256:1",
            tests_digest="sha256:2",
            image_digest="sha256:3",
            policy_digest="sha256:4",
            runsc_version="r",
            harness_version="h",
            backend="fake",
            limits=Limits(**dict.fromkeys(LIMIT_NAMES, 1)),
        ),
    )


FAULT = ServiceError(job_id="r-0", code=ServiceErrorCode.BOX_LOST, message="gone")
SAMPLE = Sample(index=0, task_id="t", completion="c", record={"task_id": "t", "completion": "c", "temperature": 1})


@pytest.mark.parametrize(
    ("result", "text", "passed"),
    [
        (verdict(Cause.ALL_TESTS_PASSED), "passed", True),
        (verdict(Cause.CPU_TIME_LIMIT), "timed out", False),
        (verdict(Cause.WALL_TIME_LIMIT), "timed out", False),
        (verdict(Cause.WRONG_ANSWER, "AssertionError"), "failed: AssertionError", False),
        (verdict(Cause.SIGNALED), "failed: SIGNALED", False),
        (FAULT, "service error: BOX_LOST: gone", None),
    ],
)
def test_a_line_says_what_the_original_says(result: Any, text: str, passed: bool | None) -> None:
    line = result_line(SAMPLE, result)
    assert list(line)[:5] == ["task_id", "completion", "temperature", "result", "passed"]
    assert (line["result"], line["passed"]) == (text, passed) == (result_text(result), passed)
    json.dumps(line)


def test_a_line_says_what_we_know_besides() -> None:
    line = result_line(SAMPLE, verdict(Cause.WRONG_ANSWER, "no"))
    expected = {
        "job_id": "r-0",
        "verdict": "FAILED",
        "cause": "WRONG_ANSWER",
        "cpu_time_ms": 11,
        "wall_time_ms": 12,
        "starved_time_ms": 0,
        "memory_peak_bytes": 13,
        "attempts": 1,
        "fault": "PROGRAM",
        "unenforced": [],
        "integrity": "SEPARATE_PROCESS",
        "tests_planned": 2,
        "tests_passed": 1,
    }
    assert expected.items() <= line.items()
    assert line["receipt"]["program_digest"] == "sha256:1"


def test_a_line_says_what_a_verdict_rests_on() -> None:
    evidence = Evidence(counter="oom_kills", value=1, limit_name="memory_bytes", limit=9, killed_by=KilledBy.KERNEL)
    said = replace(verdict(Cause.MEMORY_LIMIT), evidence=evidence, attempts=2, unenforced=("disk_bytes",))
    line = json.loads(json.dumps(result_line(SAMPLE, replace(said, usage=Usage(starved_time_ms=5)))))
    assert line["evidence"] == {
        "counter": "oom_kills",
        "value": 1,
        "limit_name": "memory_bytes",
        "limit": 9,
        "killed_by": "KERNEL",
    }
    assert (line["attempts"], line["unenforced"], line["starved_time_ms"]) == (2, ["disk_bytes"], 5)


@pytest.mark.parametrize("cause", Cause)
def test_whose_fault_a_verdict_is(cause: Cause) -> None:
    fault = Fault.NONE if cause is Cause.ALL_TESTS_PASSED else Fault.PROGRAM
    assert verdict(cause).fault is fault
    assert result_line(SAMPLE, verdict(cause))["fault"] == fault.value


@pytest.mark.parametrize("code", ServiceErrorCode)
def test_whose_fault_a_service_error_is(code: ServiceErrorCode) -> None:
    others = {
        ServiceErrorCode.TESTS_ERROR: Fault.TESTS,
        ServiceErrorCode.REFUSED: Fault.CALLER,
        ServiceErrorCode.CANCELLED: Fault.CALLER,
    }
    error = replace(FAULT, code=code)
    # Never the program's: a learner would be paid or punished for what is ours.
    assert error.fault is others.get(code, Fault.SERVICE)
    assert result_line(SAMPLE, error)["fault"] == error.fault.value
    # What is the service's may be sent again; what is somebody's own is the same the next time.
    assert error.retryable == (error.fault is Fault.SERVICE)


def test_the_file_has_each_line_at_once_and_the_order_in_the_end(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text("old\n")
    with ResultFile(path) as file:
        for count, index in enumerate([2, 0, 10, 1], 1):
            file.append(index, {"index": index, "text": "\u2028\ud800"})
            assert len(path.read_bytes().splitlines()) == count
        file.sort()
    assert [json.loads(line)["index"] for line in path.read_bytes().splitlines()] == [0, 1, 2, 10]
    assert list(tmp_path.iterdir()) == [path]


def test_an_old_file_stays_until_there_is_a_result(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text("old\n")
    with ResultFile(path) as file:
        file.sort()
    assert path.read_text() == "old\n"
    with ResultFile(path) as file:
        file.append(0, {"a": 1})
    assert path.read_text() == '{"a": 1}\n'


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Have the kernel end writes as on a full disk: after some bytes, and then with an error."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_whole_lines_and_is_said_once(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    with no_file_larger_than(30), ResultFile(path) as file:
        file.append(0, {"number": 0})
        with pytest.raises(ResultFileError, match=r"results.jsonl: cannot be written: File too large; it has the 1 re"):
            file.append(1, {"number": 1, "text": "x" * 30})
    assert path.read_text() == '{"number": 0}\n'


def test_what_cannot_be_sorted_is_all_there(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    with ResultFile(path) as file:
        for index in (1, 0):
            file.append(index, {"index": index})
        with no_file_larger_than(5), pytest.raises(OSError, match="File too large"):
            file.sort()
    assert path.read_text() == '{"index": 1}\n{"index": 0}\n'
    assert list(tmp_path.iterdir()) == [path]


def test_a_result_that_is_a_sample_again_keeps_nothing_of_the_other_run() -> None:
    samples = {"task_id": "t", "completion": "c", "temperature": 1}
    results = (verdict(Cause.WRONG_ANSWER), FAULT, replace(FAULT, code=ServiceErrorCode.REFUSED, field="job.program"))
    for before, after in itertools.product(results, results):
        again = replace(SAMPLE, record=samples | result_line(SAMPLE, before, "a reason"))
        assert result_line(again, after) == result_line(SAMPLE, after)
        # And nothing is missing from the list of what is ours.
        assert result_line(SAMPLE, after, "").keys() - samples.keys() <= _FIELDS
    # A field of somebody's own, in a sample that is no result, is his.
    mine = replace(SAMPLE, record=samples | {"field": "algebra"})
    assert result_line(mine, verdict(Cause.WRONG_ANSWER))["field"] == "algebra"


def test_whose_samples_another_run_may_help() -> None:
    tally = Tally()
    for task_id, code in (("a", "BOX_LOST"), ("b", "TESTS_ERROR"), ("a", "OVERLOADED"), ("c", "REFUSED")):
        tally.add(task_id, replace(FAULT, code=ServiceErrorCode(code)))
    assert tally.problems_with(retryable=True) == ["a"]
    assert tally.problems_with(retryable=False) == ["b", "c"]
    tally.replace("b", replace(FAULT, code=ServiceErrorCode.TESTS_ERROR), verdict(Cause.WRONG_ANSWER))
    assert tally.problems_with(retryable=False) == ["c"]


def test_pass_at_k_is_not_computed_over_service_errors() -> None:
    tally = Tally()
    for cause in (Cause.ALL_TESTS_PASSED, Cause.WRONG_ANSWER):
        tally.add("t", verdict(cause))
    assert tally.pass_at_k([1, 2, 3]) == {"pass@1": 0.5, "pass@2": 1.0}
    tally.add("t", FAULT)
    assert tally.pass_at_k([1]) is None
    assert (tally.samples, tally.passed, tally.service_errors, tally.problems) == (3, 1, 1, 1)


def test_a_problem_with_nothing_but_failures_counts() -> None:
    tally = Tally()
    tally.add("a", verdict(Cause.ALL_TESTS_PASSED))
    tally.add("b", verdict(Cause.LOAD_ERROR))
    assert tally.pass_at_k([1]) == {"pass@1": 0.5}
