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


class Fault(Enum):
    """Whose fault a result is. Only what is the program's counts against it."""

    NONE = "NONE"
    PROGRAM = "PROGRAM"
    TESTS = "TESTS"
    CALLER = "CALLER"
    SERVICE = "SERVICE"


class KilledBy(Enum):
    """Who ended the box or the program."""

    NOBODY = "NOBODY"
    PROGRAM = "PROGRAM"
    KERNEL = "KERNEL"
    SERVICE = "SERVICE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a cause rests on: one counter, what it showed, and what it was held against.

    Attributes:
        counter: What was counted, such as `cpu_time_ms`, `oom_kills`, `signal`, `checks_passed`.
        value: What it showed.
        limit_name: The limit it was held against, by its name in `Limits` or in the policy; empty when there is none.
        limit: That limit's value; 0 when there is none.
        killed_by: Who ended the box or the program.
    """

    counter: str = ""
    value: int = 0
    limit_name: str = ""
    limit: int = 0
    killed_by: KilledBy = KilledBy.NOBODY


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
    SKIPPED = "SKIPPED"
    """Its author did not want it to be run. No pass either."""


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

    Attributes:
        cpu_time_ms: CPU time of the box, gVisor's kernel included.
        wall_time_ms: Time on the clock.
        starved_time_ms: Part of the wall time in which others had the CPU that the box wanted. Not counted against the
            job. 0 also when the kernel does not tell.
        memory_peak_bytes: The most memory at once, on top of what the box took before it had the job.
        queue_time_ms: Time in the queue.
        box_start_ms: Time until the box was ready.
        box_restored: Whether it was restored from a checkpoint of one that waited for its job, not started.
        box_waited: Whether it was made before the job asked for one.
    """

    cpu_time_ms: int = 0
    wall_time_ms: int = 0
    starved_time_ms: int = 0
    memory_peak_bytes: int = 0
    queue_time_ms: int = 0
    box_start_ms: int = 0
    box_restored: bool = False
    box_waited: bool = False


@dataclass(frozen=True, slots=True)
class Captured:
    """The first bytes of a stream, and whether there were more."""

    data: bytes = b""
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a verdict rests on. Digests are `sha256:<hex>`.

    Attributes:
        box_jobs_before: Other jobs of the same stream that had run in the box; the policy decides whether.
    """

    program_digest: str
    tests_digest: str
    image_digest: str
    policy_digest: str
    runsc_version: str
    harness_version: str
    backend: str
    limits: Limits
    box_jobs_before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Our opinion about one job, computed by `sandbox.judge.judge` and nowhere else.

    Attributes:
        message: One line for people. It may quote the program: escape it where it is shown.
        evidence: What the cause rests on.
        attempts: Boxes that the job was given: more than one when a box died and nobody could say why, or when a
            time-out or a death by memory was confirmed by a run alone.
        unenforced: Limits that do not bind on the server's machine, and that its operator chose to do without.
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
    evidence: Evidence = Evidence()
    attempts: int = 1
    unenforced: tuple[str, ...] = ()

    @property
    def fault(self) -> Fault:
        """NONE for a pass, else PROGRAM."""
        return Fault.NONE if self.passed else Fault.PROGRAM

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
    def fault(self) -> Fault:
        """TESTS for bad tests, CALLER for what was refused or cancelled, else SERVICE."""
        return _FAULTS.get(self.code, Fault.SERVICE)

    @property
    def retryable(self) -> bool:
        """Whether the same job may succeed if it is sent again."""
        return self.code.retryable


_FAULTS = {
    ServiceErrorCode.TESTS_ERROR: Fault.TESTS,
    ServiceErrorCode.REFUSED: Fault.CALLER,
    ServiceErrorCode.CANCELLED: Fault.CALLER,
}

JobResult = Verdict | ServiceError
