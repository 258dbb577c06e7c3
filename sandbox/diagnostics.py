"""How much of a verdict is told. Whoever learns from verdicts learns the tests from their details, too."""

from dataclasses import replace
from enum import Enum

from sandbox.verdict import Captured, Evidence, JobResult, ServiceError, ServiceErrorCode, TestResult


class Diagnostics(Enum):
    """How much is told, least first. The cause is told always, and what the job cost, which a program can vary."""

    NONE = "NONE"
    """Nothing else."""
    COUNTS = "COUNTS"
    """The status of each check."""
    FULL = "FULL"
    """Messages and output as well. Assertions quote expected values, and a program can print what it is called with."""

    @property
    def rank(self) -> int:
        """A number that grows with what is told."""
        return list(Diagnostics).index(self)


def redacted(result: JobResult, level: Diagnostics) -> JobResult:
    """Return a result without what a level does not tell."""
    if level is Diagnostics.FULL:
        return result
    if isinstance(result, ServiceError):
        # Other messages are ours, and have nothing of the tests in them.
        return replace(result, message="") if result.code is ServiceErrorCode.TESTS_ERROR else result
    result = replace(
        result,
        message="",
        # Values are the program's to choose, for whom it tells what it was called with: an exit code, bytes of output.
        evidence=replace(result.evidence, value=0) if result.evidence.limit_name else Evidence(),
        test_results=tuple(TestResult(test.index, test.status, "") for test in result.test_results),
        stdout=Captured(),
        stderr=Captured(),
    )
    if level is Diagnostics.COUNTS:
        return result
    return replace(result, tests_planned=0, test_results=())
