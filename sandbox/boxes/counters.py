"""What the host's kernel counted for one box."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What the host's kernel counted for one box, since the box was made.

    Attributes:
        cpu_time_us: CPU time of everything in the box, gVisor's kernel included.
        cpu_pressure_us: Time in which the box wanted a CPU and had none, for whatever reason; None: nobody tells.
        cpu_throttled_us: Part of it for which the box's own quota is the reason.
        memory_bytes: Memory now.
        memory_peak_bytes: The most memory at once.
        oom_kills: Processes killed for memory.
        process_limit_hits: Times a new task was refused.
    """

    cpu_time_us: int = 0
    cpu_pressure_us: int | None = None
    cpu_throttled_us: int = 0
    memory_bytes: int = 0
    memory_peak_bytes: int = 0
    oom_kills: int = 0
    process_limit_hits: int = 0
