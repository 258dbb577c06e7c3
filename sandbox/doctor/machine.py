"""What the machine itself shows, without a box. Nothing here is a limit, so the worst it can be is a note."""

import os
import resource
import shutil
from dataclasses import dataclass
from pathlib import Path

from sandbox.boxes import cgroups
from sandbox.boxes.version import runsc_version
from sandbox.doctor.finding import Finding, FindingStatus
from sandbox.doctor.gvisor import why_too_old
from sandbox.errors import BackendError

_CGROUPS = Path("/sys/fs/cgroup")
_SWAPS = Path("/proc/swaps")
# A box's folder and its runtime's state are some hundred kilobytes; an image is some ten megabytes.
_ROOM_MIN_BYTES = 64 * 1024 * 1024
# Pipes and the like of one box, and what a server has open without any.
_FILES_OF_A_BOX = 16
_FILES_OF_A_SERVER = 128
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A look at the machine.

    Attributes:
        is_root: Whether we are root.
        runsc: The gVisor binary; None when there is none.
        runsc_version: What it says of itself; empty when it says nothing.
        layout: How cgroups are mounted; empty when boxes cannot be limited.
        layout_problem: Why they cannot.
        has_kill: Whether a cgroup can be killed as a whole.
        has_pressure: Whether the kernel tells how long a cgroup waited for a CPU.
        has_swap: Whether swap is on.
        swap_limited: Whether the kernel can keep a cgroup from swap.
        room_bytes: Free space, by folder.
        open_files_max: How many files this process may have open.
    """

    is_root: bool
    runsc: Path | None
    runsc_version: str
    layout: str
    layout_problem: str
    has_kill: bool
    has_pressure: bool
    has_swap: bool
    swap_limited: bool
    room_bytes: tuple[tuple[str, int], ...]
    open_files_max: int


async def look(runsc: Path | None, folders: tuple[Path, ...]) -> Machine:
    """Look at the machine.

    Args:
        runsc: The gVisor binary, if there is one.
        folders: Where free space is needed; they need not be there yet.
    """
    version = ""
    if runsc is not None:
        try:
            version = await runsc_version(runsc)
        except BackendError:
            version = ""
    hierarchy, problem = None, ""
    try:
        hierarchy = cgroups.detect("sandbox")
    except BackendError as error:
        problem = str(error)
    return Machine(
        is_root=os.geteuid() == 0,
        runsc=runsc,
        runsc_version=version,
        layout=hierarchy.layout if hierarchy else "",
        layout_problem=problem,
        has_kill=hierarchy.has_kill if hierarchy else False,
        has_pressure=hierarchy.has_pressure if hierarchy else False,
        has_swap=swap_is_on(),
        swap_limited=_swap_can_be_limited(_CGROUPS),
        room_bytes=tuple((str(folder), _room_bytes(folder)) for folder in folders),
        open_files_max=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    )


def swap_is_on(swaps: Path = _SWAPS) -> bool:
    """Tell whether the machine has swap; the first line of the file is a heading."""
    try:
        return len(swaps.read_text().splitlines()) > 1
    except OSError:
        return False


def _swap_can_be_limited(root: Path) -> bool:
    # The root of v2 has no such file, its folders do.
    return (root / "memory/memory.memsw.limit_in_bytes").is_file() or any(root.glob("*/memory.swap.max"))


def _room_bytes(folder: Path) -> int:
    nearest = next(path for path in (folder, *folder.parents) if path.is_dir())
    return shutil.disk_usage(nearest).free


def machine_findings(machine: Machine, *, backend: str, slots: int) -> tuple[Finding, ...]:
    """Return what is to be said about a machine."""
    return (
        _privilege(machine, backend),
        _gvisor(machine),
        _cgroups(machine),
        _pressure(machine),
        _swap(machine),
        *(_room(folder, room_bytes) for folder, room_bytes in machine.room_bytes),
        _open_files(machine, slots),
    )


def _finding(name: str, expected: str, seen: str, fix: str, *, good: bool) -> Finding:
    status = FindingStatus.OK if good else FindingStatus.NOTE
    return Finding(name=name, expected=expected, seen=seen, status=status, fix="" if good else fix)


def _privilege(machine: Machine, backend: str) -> Finding:
    # The Engine's socket is what the docker backend needs; whether it answers is found out by asking it.
    needs_root = backend == "runsc"
    return _finding(
        "privilege",
        "root" if needs_root else "whoever may use the Engine's socket",
        "root" if machine.is_root else "not root",
        "start it with sudo",
        good=machine.is_root or not needs_root,
    )


def _gvisor(machine: Machine) -> Finding:
    expected = "a runsc without known holes"
    if machine.runsc is None or not machine.runsc_version:
        seen = "none" if machine.runsc is None else f"{machine.runsc} does not say its version"
        return _finding("gvisor", expected, seen, "install it: scripts/install-gvisor", good=False)
    why = why_too_old(machine.runsc_version)
    seen = machine.runsc_version if why is None else f"{machine.runsc_version} {why}"
    return _finding("gvisor", expected, seen, "replace it: scripts/install-gvisor", good=why is None)


def _cgroups(machine: Machine) -> Finding:
    if not machine.layout:
        return _finding("cgroups", "v2, v1 or mixed", machine.layout_problem, "mount cgroup2", good=False)
    how = "killed as a whole" if machine.has_kill else "killed process by process"
    return _finding(
        "cgroups",
        "a box can be killed as a whole",
        f"layout {machine.layout}, a box is {how}",
        "needs Linux 5.14 and cgroup2, mounted at /sys/fs/cgroup, or at /sys/fs/cgroup/unified beside v1",
        good=machine.has_kill,
    )


def _pressure(machine: Machine) -> Finding:
    return _finding(
        "cpu_pressure",
        "the kernel tells how long a box waited for a CPU",
        "it does" if machine.has_pressure else "it does not: time-outs of boxes that waited are confirmed alone",
        "boot with psi=1, and mount cgroup2 at /sys/fs/cgroup, or at /sys/fs/cgroup/unified beside v1",
        good=machine.has_pressure,
    )


def _swap(machine: Machine) -> Finding:
    if not machine.has_swap:
        seen = "off"
    else:
        seen = "on, and kept from boxes" if machine.swap_limited else "on, and nothing keeps a box from it"
    return _finding(
        "swap",
        "off, or kept from boxes",
        seen,
        "swapoff -a, or boot with swapaccount=1",
        good=not machine.has_swap or machine.swap_limited,
    )


def _room(folder: str, room_bytes: int) -> Finding:
    return _finding(
        f"room in {folder}",
        f"at least {_ROOM_MIN_BYTES // _MIB} MiB free",
        f"{room_bytes // _MIB} MiB free",
        "make room, or choose another folder: SANDBOX_RUN_DIR, SANDBOX_STATE_DIR",
        good=room_bytes >= _ROOM_MIN_BYTES,
    )


def _open_files(machine: Machine, slots: int) -> Finding:
    needed = _FILES_OF_A_SERVER + slots * _FILES_OF_A_BOX
    return _finding(
        "open files of the server",
        f"at least {needed} for {slots} slots",
        "unlimited" if machine.open_files_max == resource.RLIM_INFINITY else str(machine.open_files_max),
        f"ulimit -n {needed}",
        good=machine.open_files_max == resource.RLIM_INFINITY or machine.open_files_max >= needed,
    )
