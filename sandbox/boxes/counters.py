"""What the host's kernel counted for one box."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What the host's kernel counted for one box, since the box was made.

    Attributes:
        cpu_time_us: CPU time of everything in the box, gVisor's kernel included.
        cpu_pressure_us: Time in which the box wanted a CPU and had none, for whatever reason; None: nobody tells.
        cpu_throttled_us: Part of it for which the box's own quota is the reason.
        carrier_pressure_us: Time in which anything at all on this host wanted a CPU and had none, for a box whose bytes
            are carried by processes that are not in its cgroup; None: there are none, or nobody tells.
        memory_bytes: Memory now.
        memory_peak_bytes: The most memory at once.
        oom_kills: Processes killed for memory.
        process_limit_hits: Times a new task was refused.
    """

    cpu_time_us: int = 0
    cpu_pressure_us: int | None = None
    cpu_throttled_us: int = 0
    carrier_pressure_us: int | None = None
    memory_bytes: int = 0
    memory_peak_bytes: int = 0
    oom_kills: int = 0
    process_limit_hits: int = 0
