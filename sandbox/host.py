"""What this machine has, and what is running on it."""

import os
from dataclasses import dataclass
from pathlib import Path

import psutil


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
