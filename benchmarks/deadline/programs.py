"""Programs that do not end by themselves. The first thing each does is to say what time it is."""

from dataclasses import dataclass

from sandbox.job import Job
from sandbox.limits import RequestedLimits

CPU_TIME_MS = 500
WALL_TIME_MS = 1_000

_SAY_WHEN = "import time\nprint(time.time_ns(), flush=True)\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One way of not ending.

    Attributes:
        name: For people.
        source: The program.
        causes: What its verdict may be.
    """

    name: str
    source: str
    causes: tuple[str, ...]

    def job(self, number: int) -> Job:
        """Return the job with this number."""
        limits = RequestedLimits(cpu_time_ms=CPU_TIME_MS, wall_time_ms=WALL_TIME_MS)
        return Job(id=f"{self.name}-{number}", program=(_SAY_WHEN + self.source).encode(), limits=limits)


KINDS = (
    Kind(name="spinner", source="while True:\n    pass\n", causes=("CPU_TIME_LIMIT",)),
    Kind(name="sleeper", source="time.sleep(3600)\n", causes=("WALL_TIME_LIMIT",)),
    Kind(
        name="stopped", source="import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n", causes=("WALL_TIME_LIMIT",)
    ),
    Kind(
        name="fork_bomb",
        source="""
import os, signal
for number in range(1, 65):
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
while True:
    try:
        os.fork()
    except OSError:
        pass
""",
        causes=("CPU_TIME_LIMIT", "WALL_TIME_LIMIT"),
    ),
)
