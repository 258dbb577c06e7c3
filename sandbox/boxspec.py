"""Everything needed to make a box, decided beforehand by a policy. No client's text is in it."""

from dataclasses import dataclass, field

from sandbox.errors import BackendError
from sandbox.limits import Limits
from sandbox.seccomp.profile import Profile
from sandbox.seccomp.roles import RoleFilters
from sandbox.verdict import Integrity

CPU_PERIOD_US = 100_000
"""Of the CPU quota."""

_BOOKS_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxRules:
    """What a policy gives every box, whatever the job asks for.

    Attributes:
        cpu_quota_percent: CPU quota; 100 is one core.
        wall_time_hard_percent: Where the exclusion of time in which others had the CPU ends, in percent of a job's
            wall time; 100 excludes nothing.
        overhead_memory_bytes: What a box may take before it has its job: gVisor's kernel, the agent. How much it took
            is measured and added to the job's memory.
        host_tasks_max: Tasks of the host in the box's cgroup; the backstop behind `processes_max`.
        shm_bytes: Size of /dev/shm.
        output_hard_bytes: Output of one stream after which the box is killed.
        uid: User of every process in the box.
        gid: Group of every process in the box.
        start_timeout_ms: A box that is not ready by then is lost.
        jobs_per_box: Jobs of one client that a box serves at most, one after the other.
    """

    cpu_quota_percent: int
    wall_time_hard_percent: int
    overhead_memory_bytes: int
    host_tasks_max: int
    shm_bytes: int
    output_hard_bytes: int
    uid: int
    gid: int
    start_timeout_ms: int
    jobs_per_box: int

    @property
    def cores(self) -> int:
        """The cores that a program should count: those its quota pays for, one at least."""
        return -(-self.cpu_quota_percent // 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxSpec:
    """What a backend gets to know.

    Attributes:
        policy: The name of the policy that decided it.
        policy_digest: That policy's.
        language: Names an image.
        command: The guest agent's command line.
        environment: The whole environment.
        limits: The job's.
        rules: The policy's.
        system_calls: What programs may call, and what is put around the box so that they can.
        filters: The same as the agent puts it on its roles.
        integrity: How strongly tests are kept apart from the program.
        warm: The modules that a box from which others are restored loads beforehand.
        alone: Whether it must be made for this job: not one that has waited, and none is made ready beside it. Two
            specs that differ in nothing else are equal.
    """

    policy: str
    policy_digest: str
    language: str
    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    limits: Limits
    rules: BoxRules
    system_calls: Profile
    filters: RoleFilters
    integrity: Integrity = Integrity.SEPARATE_PROCESS
    warm: tuple[str, ...] = ()
    alone: bool = field(default=False, compare=False)

    @property
    def boxes(self) -> int:
        """How many boxes a job has at a time."""
        return 2 if self.integrity is Integrity.SEPARATE_SANDBOX else 1

    @property
    def cpu_quota_us(self) -> int:
        """CPU time of one box for each `CPU_PERIOD_US`."""
        return self.rules.cpu_quota_percent * CPU_PERIOD_US // 100

    @property
    def start_memory_bytes(self) -> int:
        """The ceiling of the box's cgroup while the box starts.

        The job's own memory if that is enough: gVisor shows this number to programs as all the memory there is.
        """
        return max(self.limits.memory_bytes, self.rules.overhead_memory_bytes)

    def ready_memory_bytes(self, used_bytes: int) -> int:
        """Return the ceiling of the box's cgroup from the moment it gets its job.

        Args:
            used_bytes: What the box used before.

        Raises:
            BackendError: More than the policy gives a box for itself.
        """
        if used_bytes > self.rules.overhead_memory_bytes:
            raise BackendError(
                f"a box takes {used_bytes} bytes before it has its job: raise overhead_memory_bytes of the policy"
            )
        # gVisor keeps books about the memory that it gives out: about a hundredth, and a little for each process.
        return used_bytes + self.limits.memory_bytes + self.limits.memory_bytes // 64 + _BOOKS_BYTES
