"""What each level of detail tells, and that nothing of the tests gets through the others."""

from dataclasses import replace

import pytest

from sandbox.diagnostics import Diagnostics, redacted
from sandbox.limits import LIMIT_NAMES, Limits
from sandbox.verdict import (
    Captured,
    Cause,
    Evidence,
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

CANARY = "expected 4711"
LIMIT = Evidence(counter="cpu_time_ms", value=3001, limit_name="cpu_time_ms", limit=3000, killed_by=KilledBy.SERVICE)
VERDICT = Verdict(
    job_id="job",
    cause=Cause.WRONG_ANSWER,
    message=CANARY,
    tests_planned=2,
    test_results=(TestResult(0, TestStatus.PASSED, CANARY), TestResult(1, TestStatus.FAILED, CANARY)),
    usage=Usage(cpu_time_ms=7),
    stdout=Captured(CANARY.encode(), truncated=True),
    stderr=Captured(CANARY.encode()),
    integrity=Integrity.SEPARATE_PROCESS,
    receipt=Receipt(
        program_digest="",
        tests_digest="",
        image_digest="",
        policy_digest="",
        runsc_version="",
        harness_version="",
        backend="",
        limits=Limits(**dict.fromkeys(LIMIT_NAMES, 1)),
    ),
    evidence=Evidence(counter="failed_test", value=1),
)


def test_full_is_all() -> None:
    assert redacted(VERDICT, Diagnostics.FULL) is VERDICT


def test_counts_are_the_status_of_each_check() -> None:
    told = redacted(VERDICT, Diagnostics.COUNTS)
    assert isinstance(told, Verdict)
    assert [(test.index, test.status) for test in told.test_results] == [(0, TestStatus.PASSED), (1, TestStatus.FAILED)]
    assert (told.cause, told.tests_planned, told.usage) == (VERDICT.cause, 2, VERDICT.usage)
    assert CANARY not in repr(told)


def test_none_is_the_cause() -> None:
    told = redacted(VERDICT, Diagnostics.NONE)
    assert isinstance(told, Verdict)
    assert (told.cause, told.tests_planned, told.test_results) == (VERDICT.cause, 0, ())
    assert CANARY not in repr(told)


@pytest.mark.parametrize("level", [Diagnostics.NONE, Diagnostics.COUNTS])
def test_evidence_is_told_where_it_is_a_limits(level: Diagnostics) -> None:
    over = replace(VERDICT, cause=Cause.CPU_TIME_LIMIT, evidence=LIMIT)
    exits = replace(VERDICT, cause=Cause.EXITED_EARLY, evidence=Evidence(counter="exit_code", value=47))
    told = redacted(over, level), redacted(exits, level)
    assert isinstance(told[0], Verdict)
    assert isinstance(told[1], Verdict)
    # A program that exits with a number it was given tells that number; and so does one that writes so many bytes.
    assert told[0].evidence == replace(LIMIT, value=0)
    assert told[1].evidence == Evidence()


@pytest.mark.parametrize("level", [Diagnostics.NONE, Diagnostics.COUNTS])
def test_a_fault_of_the_tests_does_not_quote_them(level: Diagnostics) -> None:
    tests = ServiceError(job_id="job", code=ServiceErrorCode.TESTS_ERROR, message=CANARY)
    ours = ServiceError(job_id="job", code=ServiceErrorCode.BOX_LOST, message="no box")
    assert redacted(tests, level) == replace(tests, message="")
    assert redacted(ours, level) == ours
