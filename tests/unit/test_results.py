"""Result files and the report."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.evaluate.report import Tally
from sandbox.evaluate.results import ResultFile, result_line, result_text
from sandbox.evaluate.samples import Sample
from sandbox.limits import LIMIT_NAMES, Limits
from sandbox.verdict import (
    Captured,
    Cause,
    Integrity,
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
        "memory_peak_bytes": 13,
        "attempts": 1,
        "integrity": "SEPARATE_PROCESS",
        "tests_planned": 2,
        "tests_passed": 1,
    }
    assert expected.items() <= line.items()
    assert line["receipt"]["program_digest"] == "sha256:1"


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
