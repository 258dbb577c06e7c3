"""What every folder of the unified hierarchy offers, with controllers or without: time, pressure, and a kill."""

import contextlib
import os
import signal
from pathlib import Path

from sandbox.boxes.cgroups import files
from sandbox.errors import BackendError

_ADOPT_ROUNDS = 100


class UnifiedFolder:
    """A folder of the unified hierarchy (kernel: Documentation/admin-guide/cgroup-v2.rst)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._name = str(path)

    @property
    def entrance(self) -> Path:
        """Where a process writes 0 to go in."""
        return self.path / "cgroup.procs"

    def cpu_time_us(self) -> int:
        """Return the CPU time of everything that is or was in it."""
        return files.field(f"{self._name}/cpu.stat", "usage_usec")

    def pressure_us(self) -> int | None:
        """Return how long everything in it that wanted a CPU had none; None when the kernel does not tell.

        `full` is that time; `some` is more, because it includes the wait of one thread for another of the same box. A
        kernel before 5.13 has `some` alone.
        """
        try:
            lines = files.text(f"{self._name}/cpu.pressure").splitlines()
        except OSError:
            # Not built in, or switched off on the kernel's command line.
            return None
        totals = {line.partition(" ")[0]: int(line.rpartition("total=")[2]) for line in lines}
        return totals.get("full", totals.get("some"))

    def is_empty(self) -> bool:
        """Tell whether the kernel says that nothing runs in it or below it."""
        with files.gone_is_empty():
            return files.field(f"{self._name}/cgroup.events", "populated") == 0
        return True

    @property
    def events(self) -> Path:
        """The file that the kernel marks as changed when the last process leaves."""
        return self.path / "cgroup.events"

    @property
    def has_kill(self) -> bool:
        """Whether it can be killed as a whole (5.14)."""
        return files.exists(f"{self._name}/cgroup.kill")

    def pids(self) -> set[int]:
        """Return the processes in it and below it."""
        return files.pids(self.path)

    def signal_all(self) -> None:
        """Kill everything in it, at once where the kernel can."""
        if self.has_kill:
            with files.gone_is_empty():
                files.tell(f"{self._name}/cgroup.kill", "1")
        else:
            kill_each(self.pids())

    def adopt(self, wanted: str) -> None:
        """Take in all processes of another hierarchy's folder. What they fork from then on is born here.

        Raises:
            BackendError: There are always more.
        """
        for _ in range(_ADOPT_ROUNDS):
            missing = files.pids(wanted) - self.pids()
            if not missing:
                return
            for pid in missing:
                # One that has just ended is no loss.
                with contextlib.suppress(ProcessLookupError):
                    (self.path / "cgroup.procs").write_text(str(pid))
        raise BackendError(f"the processes of {wanted} do not hold still to be counted in {self.path}")


def kill_each(pids: set[int]) -> None:
    """Send SIGKILL to processes one by one. Not atomic: the caller repeats it until nothing is left."""
    for pid in sorted(pids):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
