"""One cgroup per box, made by us, limited by us, read by us: cgroup v2, or v1 where the controllers are there.

Everything here is a handful of small reads and writes on a kernel file system, so it is synchronous.
"""

import asyncio
import contextlib
import errno
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from sandbox.boxes.box import Counters
from sandbox.boxspec import BoxSpec
from sandbox.errors import BackendError

_ROOT = Path("/sys/fs/cgroup")
_CPU_PERIOD_US = 100_000
_KILL_TIMEOUT_S = 5.0
_REMOVE_PAUSE_S = 0.01
_MAKE_TRIES = 10
_V1_NEEDED = ("cpu", "cpuacct", "memory", "pids")


class Cgroup(Protocol):
    """The cgroup of one box."""

    @property
    def oci_path(self) -> str:
        """What an OCI spec calls it."""

    def limit(self, spec: BoxSpec) -> None:
        """Set the box's ceilings."""

    def counters(self) -> Counters:
        """Read what the kernel counted."""

    def pids(self) -> list[int]:
        """List the host's processes in it."""

    def signal_all(self) -> None:
        """Send SIGKILL to everything in it."""

    def remove(self) -> None:
        """Remove it. It must be empty."""


class Hierarchy(Protocol):
    """A machine's way of having cgroups."""

    @property
    def layout(self) -> str:
        """`v2` or `v1`."""

    def make(self, name: str) -> Cgroup:
        """Make the cgroup of a box, below our folder.

        Raises:
            BackendError: It cannot be made.
        """

    def view(self, path: str) -> Cgroup:
        """Return somebody else's cgroup, by its path below the root, to read and to kill; it need not be there yet."""

    def prepare(self) -> None:
        """Make the folder in which boxes' cgroups are made."""

    def names(self) -> list[str]:
        """List the boxes' cgroups that are there."""

    def remove(self) -> None:
        """Remove the folder, if it is empty."""


def detect(parent: str, root: Path = _ROOT) -> Hierarchy:
    """Find out how this machine has cgroups.

    Args:
        parent: Folder for the boxes' cgroups, below the root of the hierarchy, such as `sandbox/<instance>`.
        root: Where cgroups are mounted.

    Raises:
        BackendError: There is no way to limit a box here.
    """
    controllers = root / "cgroup.controllers"
    if controllers.is_file():
        missing = {"cpu", "memory", "pids"} - set(controllers.read_text().split())
        if missing:
            raise BackendError(
                f"the kernel offers no cgroup v2 controller {', '.join(sorted(missing))}: boxes cannot be limited"
            )
        return _HierarchyV2(root, parent)
    missing = {name for name in _V1_NEEDED if not (root / name).is_dir()}
    if missing:
        raise BackendError(
            f"no cgroup controller {', '.join(sorted(missing))} below {root}: boxes cannot be limited; mount cgroup2"
        )
    return _HierarchyV1(root, parent)


async def kill_all(cgroup: Cgroup) -> None:
    """Kill everything in a cgroup and wait until it is empty.

    Raises:
        BackendError: Something in it would not die.
    """
    deadline = asyncio.get_running_loop().time() + _KILL_TIMEOUT_S
    pause_s = 0.001
    while True:
        cgroup.signal_all()
        if not cgroup.pids():
            return
        if asyncio.get_running_loop().time() > deadline:
            raise BackendError(f"processes {cgroup.pids()} of cgroup {cgroup.oci_path} do not die of SIGKILL")
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, 0.05)


async def remove(cgroup: Cgroup) -> None:
    """Kill whatever is in a cgroup and remove it.

    Raises:
        BackendError: Something in it would not die, or the kernel would not let go of it.
    """
    deadline = asyncio.get_running_loop().time() + _KILL_TIMEOUT_S
    while True:
        # Each time anew: a runtime that was just starting may have put a process there since.
        await kill_all(cgroup)
        try:
            cgroup.remove()
        except OSError as error:
            # A process that has been killed, and is in no list any more, still holds its cgroup for a moment.
            if error.errno != errno.EBUSY or asyncio.get_running_loop().time() > deadline:
                raise BackendError(f"cannot remove the cgroup {cgroup.oci_path}: {error}") from error
        else:
            return
        await asyncio.sleep(_REMOVE_PAUSE_S)


class _HierarchyV2:
    layout = "v2"

    def __init__(self, root: Path, parent: str) -> None:
        self._root = root
        self._parent = parent

    def prepare(self) -> None:
        folder = self._root / self._parent
        try:
            _make_folder(folder)
            # From the top down: a controller is offered to a folder only when the one above it passes it on.
            for path in (*reversed(folder.relative_to(self._root).parents), folder.relative_to(self._root)):
                (self._root / path / "cgroup.subtree_control").write_text("+cpu +memory +pids")
        except OSError as error:
            raise BackendError(
                f"cannot use cgroups below {folder}: {error}: run as root, on a writable cgroup file system"
            ) from error

    def make(self, name: str) -> Cgroup:
        try:
            (self._root / self._parent / name).mkdir(exist_ok=True)
        except OSError as error:
            raise BackendError(f"cannot make the cgroup {self._parent}/{name}: {error}") from error
        return self.view(f"{self._parent}/{name}")

    def view(self, path: str) -> Cgroup:
        return _CgroupV2(self._root / path, f"/{path}")

    def names(self) -> list[str]:
        return _folders(self._root / self._parent)

    def remove(self) -> None:
        _rmdir_if_empty(self._root / self._parent)


class _CgroupV2:
    def __init__(self, path: Path, oci_path: str) -> None:
        self._path = path
        self.oci_path = oci_path

    def limit(self, spec: BoxSpec) -> None:
        quota = spec.rules.cpu_quota_percent * _CPU_PERIOD_US // 100
        self._write("cpu.max", f"{quota} {_CPU_PERIOD_US}")
        self._write("memory.max", str(spec.memory_bytes))
        # All or nothing: a box that lost one process to the OOM killer is no longer the box that was judged.
        self._write("memory.oom.group", "1")
        if (self._path / "memory.swap.max").exists():
            self._write("memory.swap.max", "0")
        self._write("pids.max", str(spec.rules.host_tasks_max))

    def _write(self, name: str, value: str) -> None:
        try:
            (self._path / name).write_text(value)
        except OSError as error:
            raise BackendError(f"cannot set {name} of {self._path} to {value}: {error}") from error

    def counters(self) -> Counters:
        # memory.peak is there since Linux 5.19; before, what is in use now is the best there is.
        peak = self._path / ("memory.peak" if (self._path / "memory.peak").exists() else "memory.current")
        return Counters(
            cpu_time_us=_field(self._path / "cpu.stat", "usage_usec"),
            memory_peak_bytes=int(peak.read_text()),
            oom_kills=_field(self._path / "memory.events", "oom_kill"),
            process_limit_hits=_field(self._path / "pids.events", "max"),
        )

    def pids(self) -> list[int]:
        return _pids(self._path)

    def signal_all(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            (self._path / "cgroup.kill").write_text("1")

    def remove(self) -> None:
        _remove_tree(self._path)


class _HierarchyV1:
    layout = "v1"

    def __init__(self, root: Path, parent: str) -> None:
        self._controllers = _v1_controllers(root)
        self._parent = parent

    def prepare(self) -> None:
        try:
            for controller in self._controllers:
                folder = controller / self._parent
                _make_folder(folder)
                for path in (*reversed(folder.relative_to(controller).parents), folder.relative_to(controller)):
                    _inherit_cpuset(controller / path, (controller / path).parent)
        except OSError as error:
            raise BackendError(
                f"cannot use cgroups named {self._parent}: {error}: run as root, on a writable cgroup file system"
            ) from error

    def make(self, name: str) -> Cgroup:
        cgroup = self.view(f"{self._parent}/{name}")
        try:
            for controller in self._controllers:
                path = controller / self._parent / name
                path.mkdir(exist_ok=True)
                _inherit_cpuset(path, path.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                cgroup.remove()
            raise BackendError(f"cannot make the cgroup {self._parent}/{name}: {error}") from error
        return cgroup

    def view(self, path: str) -> Cgroup:
        return _CgroupV1(self._controllers, path)

    def names(self) -> list[str]:
        return sorted({name for controller in self._controllers for name in _folders(controller / self._parent)})

    def remove(self) -> None:
        for controller in self._controllers:
            _rmdir_if_empty(controller / self._parent)


class _CgroupV1:
    """The same folder in every v1 controller, so that runsc finds all of them made and owns none."""

    def __init__(self, controllers: tuple[Path, ...], name: str) -> None:
        self._paths = {controller.name: controller / name for controller in controllers}
        self.oci_path = f"/{name}"

    def limit(self, spec: BoxSpec) -> None:
        quota = spec.rules.cpu_quota_percent * _CPU_PERIOD_US // 100
        self._write("cpu", "cpu.cfs_period_us", str(_CPU_PERIOD_US))
        self._write("cpu", "cpu.cfs_quota_us", str(quota))
        self._write("memory", "memory.limit_in_bytes", str(spec.memory_bytes))
        if (self._paths["memory"] / "memory.memsw.limit_in_bytes").exists():
            self._write("memory", "memory.memsw.limit_in_bytes", str(spec.memory_bytes))
        self._write("pids", "pids.max", str(spec.rules.host_tasks_max))

    def _write(self, controller: str, name: str, value: str) -> None:
        path = self._paths[controller] / name
        try:
            path.write_text(value)
        except OSError as error:
            raise BackendError(f"cannot set {path} to {value}: {error}") from error

    def counters(self) -> Counters:
        memory = self._paths["memory"]
        return Counters(
            cpu_time_us=int((self._paths["cpuacct"] / "cpuacct.usage").read_text()) // 1000,
            memory_peak_bytes=int((memory / "memory.max_usage_in_bytes").read_text()),
            oom_kills=_field(memory / "memory.oom_control", "oom_kill"),
            process_limit_hits=_field(self._paths["pids"] / "pids.events", "max"),
        )

    def pids(self) -> list[int]:
        return sorted({pid for path in self._paths.values() for pid in _pids(path)})

    def signal_all(self) -> None:
        # Not atomic as cgroup.kill is; the caller repeats it until nothing is left.
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def remove(self) -> None:
        refused: OSError | None = None
        for path in self._paths.values():
            try:
                _remove_tree(path)
            except OSError as error:  # each by itself: one that refuses must not keep the rest
                refused = error
        if refused is not None:
            raise refused


def _v1_controllers(root: Path) -> tuple[Path, ...]:
    """List the v1 hierarchies. systemd's named one is among them: runsc joins it too, and would leave a folder."""
    return tuple(path for path in sorted(root.iterdir()) if path.is_dir() and (path / "tasks").is_file())


def _inherit_cpuset(path: Path, parent: Path) -> None:
    """A new v1 cpuset is empty, and no process may enter it until it has what its parent has."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        target = path / name
        if target.exists() and not target.read_text().strip():
            target.write_text((parent / name).read_text())


def _field(path: Path, name: str) -> int:
    for line in path.read_text().splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    raise BackendError(f"{path} has no field {name}: this kernel cannot tell why a box died")


def _pids(path: Path) -> list[int]:
    found: set[int] = set()
    for folder in (path, *_descendants(path)):
        with _gone_is_empty():
            found |= {int(line) for line in (folder / "cgroup.procs").read_text().split()}
    # 0 is a process outside our view of pids; it cannot be ours.
    return sorted(found - {0})


@contextlib.contextmanager
def _gone_is_empty() -> Iterator[None]:
    """A cgroup that is gone, or goes while it is read, has nobody in it. Any other error says nothing of the kind."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOENT, errno.ENODEV}:
            raise


def _descendants(path: Path) -> Iterator[Path]:
    for entry in _folders(path):
        yield path / entry
        yield from _descendants(path / entry)


def _folders(path: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in os.scandir(path) if entry.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _remove_tree(path: Path) -> None:
    for folder in [*reversed(list(_descendants(path))), path]:
        with contextlib.suppress(FileNotFoundError):
            folder.rmdir()


def _make_folder(path: Path) -> None:
    """Make a folder and the one above it, which another server that is just ending may take away in between."""
    for _ in range(_MAKE_TRIES):
        with contextlib.suppress(FileNotFoundError):
            path.mkdir(parents=True, exist_ok=True)
            return
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


def _rmdir_if_empty(path: Path) -> None:
    """Remove a server's folder, and the one above it if no other server has one there."""
    with contextlib.suppress(OSError):
        path.rmdir()
        path.parent.rmdir()
