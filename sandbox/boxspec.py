"""Everything needed to make a box, decided beforehand by a policy. No client's text is in it."""

from dataclasses import dataclass

from sandbox.limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxRules:
    """What a policy gives every box, whatever the job asks for.

    Attributes:
        cpu_quota_percent: CPU quota; 100 is one core.
        overhead_memory_bytes: On top of the job's memory, for gVisor's kernel and the tests' process.
        host_tasks_max: Tasks of the host in the box's cgroup; the backstop behind `processes_max`.
        shm_bytes: Size of /dev/shm.
        output_hard_bytes: Output of one stream after which the box is killed.
        uid: User of every process in the box.
        gid: Group of every process in the box.
        start_timeout_ms: A box that is not ready by then is lost.
    """

    cpu_quota_percent: int
    overhead_memory_bytes: int
    host_tasks_max: int
    shm_bytes: int
    output_hard_bytes: int
    uid: int
    gid: int
    start_timeout_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxSpec:
    """What a backend gets to know. `language` names an image; `environment` is the whole environment."""

    language: str
    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    limits: Limits
    rules: BoxRules

    @property
    def memory_bytes(self) -> int:
        """The ceiling of the box's cgroup."""
        return self.limits.memory_bytes + self.rules.overhead_memory_bytes
