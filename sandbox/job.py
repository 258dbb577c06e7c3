"""One program with its tests and limits, to be run once."""

import math
import re
import uuid
from dataclasses import dataclass, field
from enum import Enum

from sandbox.diagnostics import Diagnostics
from sandbox.errors import JobRefusedError
from sandbox.limits import RequestedLimits
from sandbox.verdict import Integrity

_JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class NoTests:
    """The program passes when it ends with exit code 0."""


@dataclass(frozen=True, slots=True)
class SourceTests:
    """Test code in the program's language. Names that it does not define are the program's.

    Each of these is a check: a function named `test_*` without arguments; a test method of a `unittest.TestCase`; with
    `import pytest`, what pytest would make of functions and of classes named `Test*`, as far as `guest/like_pytest.py`
    goes; without any of them each top-level assert; and without several of those the source as a whole.
    """

    source: bytes


@dataclass(frozen=True, slots=True)
class Case:
    """What goes into the program's standard input, and what must come out of its standard output."""

    input: bytes
    expected_output: bytes


class Comparator(Enum):
    """When an output is the expected one."""

    LINES = "LINES"
    """The same lines; trailing white space and trailing empty lines do not count."""
    EXACT = "EXACT"
    """The same bytes."""
    TOKENS = "TOKENS"
    """The same words; how much white space is between them does not count."""
    NUMBERS = "NUMBERS"
    """The same words, or decimal numbers that are near: `tolerance` apart, or that part of the expected one."""
    UNORDERED_LINES = "UNORDERED_LINES"
    """The same lines in any order, as often."""


@dataclass(frozen=True, slots=True)
class CaseTests:
    """Input/output cases, each in a fresh process of the program.

    Attributes:
        cases: At least one.
        comparator: When an output is the expected one.
        tolerance: For numbers.
        checker: Python source, run with the tests and apart from the program, that decides instead of a comparator: its
            `check(given, expected, output)`, of three texts, returns True for a right output.
    """

    cases: tuple[Case, ...]
    comparator: Comparator = Comparator.LINES
    tolerance: float = 1e-6
    checker: bytes = b""


@dataclass(frozen=True, slots=True)
class CallCase:
    """Arguments and the expected result, as Python expressions: the arguments as a tuple or a list."""

    arguments: bytes
    expected: bytes

    @classmethod
    def of(cls, *arguments: object, expected: object) -> "CallCase":
        """Make a case of values whose `repr` is an expression of them: numbers, texts, and containers of those."""
        return cls(repr(arguments).encode(), repr(expected).encode())


@dataclass(frozen=True, slots=True)
class CallTests:
    """Data cases: one function of the program, called for each case in one process. No test code.

    Attributes:
        function: Its name.
        cases: At least one.
        tolerance: How far floats anywhere in a result may be from the expected ones: absolutely, or as a part of the
            expected one, whichever is more.
    """

    function: str
    cases: tuple[CallCase, ...]
    tolerance: float = 0.0


Tests = NoTests | SourceTests | CaseTests | CallTests


def new_job_id() -> str:
    """Return a job id that nobody has used."""
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A request to run one program.

    Attributes:
        id: 1 to 64 of `A-Z a-z 0-9 _ -`, unique among the caller's running jobs.
        program: Untrusted source, as bytes; nobody outside a box decodes it.
        tests: What the program must satisfy.
        language: A language by name.
        policy: A policy by name.
        limits: What the job asks for; the policy decides.
        integrity: How strongly the tests are to be kept apart from the program. None: as the policy says.
        diagnostics: How much the verdict is to tell. None: all that the policy allows.

    Raises:
        JobRefusedError: A field cannot be right under any policy.
    """

    program: bytes
    tests: Tests = field(default_factory=NoTests)
    id: str = field(default_factory=new_job_id)
    language: str = "python"
    policy: str = "default"
    limits: RequestedLimits = field(default_factory=RequestedLimits)
    integrity: Integrity | None = None
    diagnostics: Diagnostics | None = None

    def __post_init__(self) -> None:
        """Check what needs no policy.

        Raises:
            JobRefusedError: A field cannot be right under any policy.
        """
        if not _JOB_ID.fullmatch(self.id):
            raise JobRefusedError("job.job_id", "must be 1 to 64 of A-Z a-z 0-9 _ -")
        if not self.program.strip():
            raise JobRefusedError("job.program", "is empty")
        if isinstance(self.tests, SourceTests) and not self.tests.source.strip():
            raise JobRefusedError("job.source_tests.source", "is empty; leave the tests out to test for exit code 0")
        if self.integrity is Integrity.IN_PROCESS and not isinstance(self.tests, SourceTests):
            raise JobRefusedError("job.integrity", "IN_PROCESS is for source tests: no others run in a program")
        if isinstance(self.tests, CaseTests):
            _check_cases(self.tests)
        elif isinstance(self.tests, CallTests):
            _check_calls(self.tests)


def _check_calls(tests: CallTests) -> None:
    if not tests.function.isidentifier():
        raise JobRefusedError("job.call_tests.function", "must be a name")
    if not tests.cases:
        raise JobRefusedError("job.call_tests.cases", "is empty; leave the tests out to test for exit code 0")
    if not math.isfinite(tests.tolerance) or tests.tolerance < 0:
        raise JobRefusedError("job.call_tests.tolerance", "must be a number that is not negative")


def _check_cases(tests: CaseTests) -> None:
    if not tests.cases:
        raise JobRefusedError("job.case_tests.cases", "is empty; leave the tests out to test for exit code 0")
    if not math.isfinite(tests.tolerance) or tests.tolerance < 0:
        raise JobRefusedError("job.case_tests.tolerance", "must be a number that is not negative")
    if tests.checker and tests.comparator is not Comparator.LINES:
        raise JobRefusedError("job.case_tests.comparator", "means nothing beside a checker: leave one of both out")
