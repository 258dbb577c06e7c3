"""The ceilings of one job: whole numbers with the unit in the name.

Those without a prefix are the whole job's. Those that begin with `test_` are each test's.
"""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one job may use. Every value is a positive whole number.

    Attributes:
        cpu_time_ms: CPU time of the job's box, from the first byte of the program on. The limit that matters.
        wall_time_ms: Wall time from the same moment, without the time in which others had the CPU; the backstop
            against sleepers.
        memory_bytes: Memory of the job's processes and its files under /tmp and /dev/shm.
        processes_max: Processes and threads that the program may have at once.
        open_files_max: Open files of each process.
        disk_bytes: Size of /tmp, the only place a program may write besides /dev/shm.
        output_bytes: Bytes kept of standard output, and the same again of standard error.
        test_cpu_time_ms: CPU time of each test: a test function, or an input/output case. Loading the program and the
            tests counts as one more. Never binds when it is the whole job's.
        test_wall_time_ms: The same for wall time.
    """

    cpu_time_ms: int
    wall_time_ms: int
    memory_bytes: int
    processes_max: int
    open_files_max: int
    disk_bytes: int
    output_bytes: int
    test_cpu_time_ms: int
    test_wall_time_ms: int

    def __post_init__(self) -> None:
        """Refuse what is no limit.

        Raises:
            ValueError: A value is not a positive whole number.
        """
        for name in LIMIT_NAMES:
            value = getattr(self, name)
            if type(value) is not int or value <= 0:
                raise ValueError(f"{name} must be a positive whole number, not {value!r}")

    @property
    def of_tests_bind(self) -> bool:
        """Whether a test has a limit that is less than the whole job's."""
        return any(getattr(self, test) < getattr(self, job) for test, job in TEST_LIMITS.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedLimits:
    """The limits that a job asks for; None means the policy's default. Checked by the policy, not here."""

    cpu_time_ms: int | None = None
    wall_time_ms: int | None = None
    memory_bytes: int | None = None
    processes_max: int | None = None
    open_files_max: int | None = None
    disk_bytes: int | None = None
    output_bytes: int | None = None
    test_cpu_time_ms: int | None = None
    test_wall_time_ms: int | None = None


LIMIT_NAMES = tuple(field.name for field in fields(Limits))

TEST_LIMITS = {"test_cpu_time_ms": "cpu_time_ms", "test_wall_time_ms": "wall_time_ms"}
"""What limits each test, and what limits the job as a whole."""

JOB_LIMIT_NAMES = tuple(name for name in LIMIT_NAMES if name not in TEST_LIMITS)
"""What a policy has defaults and ceilings for; a test's ceiling is its job's limit."""
