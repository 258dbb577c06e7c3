"""What this machine has, and what is running on it."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

import psutil

_NICENESS = -10


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A look at the machine, at one moment."""

    cores: int
    memory_bytes: int
    memory_available_bytes: int
    load_1min: float


def look() -> Host:
    """Look at the machine. Cores are those that this process may use, not those that are built in."""
    memory = psutil.virtual_memory()
    return Host(
        cores=len(os.sched_getaffinity(0)),
        memory_bytes=memory.total,
        memory_available_bytes=memory.available,
        load_1min=psutil.getloadavg()[0],
    )


def cpu_pressure_percent(proc: Path = Path("/proc")) -> float:
    """Return in which share of the last ten seconds somebody waited for a CPU; 0 where the kernel does not tell."""
    try:
        line = (proc / "pressure" / "cpu").read_text().splitlines()[0]
        return float(line.split()[1].removeprefix("avg10="))
    except (OSError, ValueError, IndexError):
        return 0.0


def cpu_pressure_us(proc: Path = Path("/proc")) -> int | None:
    """Return how long somebody on the machine has waited for a CPU since it started; None: the kernel does not tell."""
    try:
        line = (proc / "pressure" / "cpu").read_text().splitlines()[0]
        return int(line.rpartition("total=")[2])
    except (OSError, ValueError, IndexError):
        return None


def come_first() -> None:
    """Have the kernel prefer this process: who watches must get a turn before those it watches.

    Only root may; for others, and where the kernel has no such thing, nothing changes.
    """
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _NICENESS)
    # Sessions have weights of their own, if the kernel groups by session (sched_autogroup_enabled).
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_NICENESS))


def may_shift_ids(first: int, count: int, proc: Path = Path("/proc")) -> bool:
    """Tell whether root may make a user namespace whose ids are these of the host.

    Args:
        first: The first id.
        count: How many.
        proc: Where the kernel's files are.
    """
    try:
        namespaces_max = int((proc / "sys/user/max_user_namespaces").read_text())
        maps = [(proc / "self" / name).read_text() for name in ("uid_map", "gid_map")]
    except (OSError, ValueError):
        return False
    return namespaces_max > 0 and all(_holds(text, first, count) for text in maps)


def _holds(id_map: str, first: int, count: int) -> bool:
    ranges = (tuple(map(int, line.split())) for line in id_map.splitlines())
    return any(inside <= first and first + count <= inside + size for inside, _, size in ranges)


def kernel_release() -> str:
    """Return the host's kernel release, which no box may show."""
    return os.uname().release


def runsc_processes(folder: Path) -> list[int]:
    """List the processes of gVisor whose boxes have their files in `folder`, by their command lines."""
    found: list[int] = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        line = " ".join(process.info["cmdline"] or ())
        if "runsc" in line and f"{folder}/" in line:
            found.append(process.info["pid"])
    return found
