"""Facts about one run of a job. No opinions: those are `sandbox.judge`'s."""

from dataclasses import dataclass, field
from enum import Enum

from sandbox.verdict import Captured, TestResult, Usage


class StoppedBy(Enum):
    """Why *we* killed a box."""

    CPU_TIME = "CPU_TIME"
    WALL_TIME = "WALL_TIME"
    OUTPUT = "OUTPUT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """What we knew when we killed a box, written down before the kill.

    Attributes:
        by: Which of our clocks and counters ran out.
        limit_name: The limit, by its name in `Limits` or in the policy.
        limit: Its value.
        value: What was measured against it, in the same unit.
    """

    by: StoppedBy
    limit_name: str
    limit: int
    value: int


class ProgramEnd(Enum):
    """What became of the program's main process while its tests were not done."""

    ALIVE = "ALIVE"
    EXITED = "EXITED"
    SIGNALED = "SIGNALED"


class FailureKind(Enum):
    """What the first check that did not pass failed by."""

    WRONG_ANSWER = "WRONG_ANSWER"
    EXCEPTION = "EXCEPTION"
    UNSUPPORTED_VALUE = "UNSUPPORTED_VALUE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Everything known about one run in one box.

    Attributes:
        sealed: The guest agent said that it had nothing more to say. False: the box died or was killed before.
        stop: Why we killed the box, if we did.
        oom_kills: Processes of the box's cgroup that the kernel killed for memory.
        process_limit_hits: Times the box's cgroup was refused a task (the backstop, not the program's own limit).
        memory_limit_bytes: What the kernel held the job to.
        host_tasks_max: The backstop's value.
        jobs_before: Other jobs that the box had served.
        program_end: What became of the program's process.
        program_exit: Its exit code or signal number; 0 while it lives.
        load_error: The program's complaint while loading; None when it loaded.
        tests_error: The tests' complaint before they first reached for the program; None when there was none.
        violation: What the program or its box said out of turn; None when nothing.
        tests_planned: Checks that were announced; None when the tests never got that far.
        test_results: Checks that were reported, in order.
        first_failure: What the first check that did not pass failed by.
        stdout: Captured standard output.
        stderr: Captured standard error.
        usage: What it cost.
        starved_ms: Time in which others had the CPU that the box wanted; None when the kernel does not tell.
        carrier_starved_ms: The most that those may have waited for a CPU who carry the box's bytes; 0: nobody does.
    """

    sealed: bool
    stop: Stop | None = None
    oom_kills: int = 0
    process_limit_hits: int = 0
    memory_limit_bytes: int = 0
    host_tasks_max: int = 0
    jobs_before: int = 0
    program_end: ProgramEnd = ProgramEnd.ALIVE
    program_exit: int = 0
    load_error: str | None = None
    tests_error: str | None = None
    violation: str | None = None
    tests_planned: int | None = None
    test_results: tuple[TestResult, ...] = ()
    first_failure: FailureKind | None = None
    stdout: Captured = field(default_factory=Captured)
    stderr: Captured = field(default_factory=Captured)
    usage: Usage = field(default_factory=Usage)
    starved_ms: int | None = None
    carrier_starved_ms: int = 0
