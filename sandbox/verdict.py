"""What we say about a job: a verdict about the program, or a service error about ourselves."""

from dataclasses import dataclass
from enum import Enum

from sandbox.limits import Limits


class Status(Enum):
    """The three ends a program can come to."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"


class Cause(Enum):
    """Why a program came to its end."""

    ALL_TESTS_PASSED = "ALL_TESTS_PASSED"
    WRONG_ANSWER = "WRONG_ANSWER"
    EXCEPTION = "EXCEPTION"
    LOAD_ERROR = "LOAD_ERROR"
    COMPILE_ERROR = "COMPILE_ERROR"
    EXITED_EARLY = "EXITED_EARLY"
    SIGNALED = "SIGNALED"
    MEMORY_LIMIT = "MEMORY_LIMIT"
    PROCESS_LIMIT = "PROCESS_LIMIT"
    DISK_LIMIT = "DISK_LIMIT"
    OUTPUT_LIMIT = "OUTPUT_LIMIT"
    PROTOCOL_VIOLATION = "PROTOCOL_VIOLATION"
    UNSUPPORTED_VALUE = "UNSUPPORTED_VALUE"
    CPU_TIME_LIMIT = "CPU_TIME_LIMIT"
    WALL_TIME_LIMIT = "WALL_TIME_LIMIT"

    @property
    def status(self) -> Status:
        """The status that this cause implies; there is exactly one."""
        if self is Cause.ALL_TESTS_PASSED:
            return Status.PASSED
        if self in {Cause.CPU_TIME_LIMIT, Cause.WALL_TIME_LIMIT}:
            return Status.TIMED_OUT
        return Status.FAILED


class Integrity(Enum):
    """How strongly the tests were kept apart from the program, weakest first."""

    IN_PROCESS = "IN_PROCESS"
    SEPARATE_PROCESS = "SEPARATE_PROCESS"
    SEPARATE_SANDBOX = "SEPARATE_SANDBOX"


class TestStatus(Enum):
    """What became of one check."""

    __test__ = False  # not a test class, whatever pytest thinks of its name

    PASSED = "PASSED"
    FAILED = "FAILED"
    ERRORED = "ERRORED"


class ServiceErrorCode(Enum):
    """What kept us from saying anything about the program."""

    TESTS_ERROR = "TESTS_ERROR"
    QUEUE_TIMEOUT = "QUEUE_TIMEOUT"
    BOX_LOST = "BOX_LOST"
    OVERLOADED = "OVERLOADED"
    CANCELLED = "CANCELLED"
    SHUTTING_DOWN = "SHUTTING_DOWN"
    REFUSED = "REFUSED"

    @property
    def retryable(self) -> bool:
        """Whether the same job may succeed if it is sent again."""
        return self not in {ServiceErrorCode.TESTS_ERROR, ServiceErrorCode.REFUSED, ServiceErrorCode.CANCELLED}


@dataclass(frozen=True, slots=True)
class TestResult:
    """What became of one check, by its place in the plan."""

    __test__ = False

    index: int
    status: TestStatus
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What the job cost, measured from outside the box, from the first byte of the program on.

    Queue and start-up are told apart and never count against the job.
    """

    cpu_time_ms: int = 0
    wall_time_ms: int = 0
    memory_peak_bytes: int = 0
    queue_time_ms: int = 0
    box_start_ms: int = 0


@dataclass(frozen=True, slots=True)
class Captured:
    """The first bytes of a stream, and whether there were more."""

    data: bytes = b""
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a verdict rests on. Digests are `sha256:<hex>`."""

    program_digest: str
    tests_digest: str
    image_digest: str
    policy_digest: str
    runsc_version: str
    harness_version: str
    backend: str
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Our opinion about one job, computed by `sandbox.judge.judge` and nowhere else.

    `message` may quote the program: escape it where it is shown.
    """

    job_id: str
    cause: Cause
    message: str
    tests_planned: int
    test_results: tuple[TestResult, ...]
    usage: Usage
    stdout: Captured
    stderr: Captured
    integrity: Integrity
    receipt: Receipt
    attempts: int = 1

    @property
    def status(self) -> Status:
        """PASSED, FAILED or TIMED_OUT."""
        return self.cause.status

    @property
    def passed(self) -> bool:
        """Whether every check was counted and passed."""
        return self.status is Status.PASSED


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceError:
    """The job was not judged, and the program is not to blame."""

    job_id: str
    code: ServiceErrorCode
    message: str
    field: str = ""

    @property
    def retryable(self) -> bool:
        """Whether the same job may succeed if it is sent again."""
        return self.code.retryable


JobResult = Verdict | ServiceError
