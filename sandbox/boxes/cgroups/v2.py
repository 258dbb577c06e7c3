"""Cgroup v2: one folder per box has everything."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.boxes.cgroups import files
from sandbox.boxes.cgroups.alarm import Alarm
from sandbox.boxes.cgroups.protocol import Cgroup
from sandbox.boxes.cgroups.unified import UnifiedFolder
from sandbox.boxes.counters import Counters
from sandbox.boxspec import CPU_PERIOD_US, BoxSpec
from sandbox.errors import BackendError

if TYPE_CHECKING:
    from io import FileIO


class HierarchyV2:
    """The unified hierarchy with all controllers."""

    layout = "v2"

    def __init__(self, root: Path, parent: str) -> None:
        self._root = root
        self._parent = parent

    @property
    def has_kill(self) -> bool:
        """Whether a cgroup can be killed as a whole. Asked of any folder: the root cannot be killed."""
        return any((self._root / name / "cgroup.kill").exists() for name in files.folders(self._root))

    @property
    def has_pressure(self) -> bool:
        """Whether the kernel tells how long a cgroup waited for a CPU."""
        return UnifiedFolder(self._root).pressure_us() is not None

    def prepare(self) -> None:
        """Make our folder, with the controllers that boxes need."""
        folder = self._root / self._parent
        try:
            files.make_folder(folder)
            # From the top down: a controller is offered to a folder only when the one above it passes it on.
            for path in (*reversed(folder.relative_to(self._root).parents), folder.relative_to(self._root)):
                (self._root / path / "cgroup.subtree_control").write_text("+cpu +memory +pids")
        except OSError as error:
            raise BackendError(
                f"cannot use cgroups below {folder}: {error}: run as root, on a writable cgroup file system"
            ) from error

    def make(self, name: str) -> Cgroup:
        """Make the cgroup of a box."""
        if not (self._root / self._parent).exists():
            # Another server has found it empty.
            self.prepare()
        try:
            (self._root / self._parent / name).mkdir(exist_ok=True)
        except OSError as error:
            raise BackendError(f"cannot make the cgroup {self._parent}/{name}: {error}") from error
        return self.view(f"{self._parent}/{name}", name)

    def view(self, path: str, name: str) -> Cgroup:
        """Return a cgroup by its path."""
        return _CgroupV2(self._root / path, f"/{path}")

    def remove_empty_ones(self) -> None:
        """Remove what killed servers have left beside our folder."""
        files.rmdir_empty_ones((self._root / self._parent).parent)

    def names(self) -> list[str]:
        """List the boxes' cgroups."""
        return files.folders(self._root / self._parent)

    def remove(self) -> None:
        """Remove our folder, if it is empty."""
        files.rmdir_if_empty(self._root / self._parent)


class _CgroupV2:
    entrance = None

    def __init__(self, path: Path, oci_path: str) -> None:
        self._path = path
        self._unified = UnifiedFolder(path)
        self._peak: FileIO | None = None
        self.oci_path = oci_path

    def limit(self, spec: BoxSpec) -> None:
        files.write(self._path / "cpu.max", f"{spec.cpu_quota_us} {CPU_PERIOD_US}")
        self.limit_memory(spec.start_memory_bytes)
        files.write(self._path / "pids.max", str(spec.rules.host_tasks_max))

    def limit_memory(self, memory_bytes: int) -> None:
        files.write(self._path / "memory.max", str(memory_bytes))
        # All or nothing: a box that lost one process to the OOM killer is no longer the box that was judged.
        files.write(self._path / "memory.oom.group", "1")
        if (self._path / "memory.swap.max").exists():
            files.write(self._path / "memory.swap.max", "0")

    def restart_peak(self) -> None:
        # Since Linux 6.12, and only for those who go on reading through the same descriptor. Before, the peak is that
        # of the box's whole life.
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            peak = self._peak or stack.enter_context((self._path / "memory.peak").open("r+b", buffering=0))
            peak.write(b"restart")
            stack.pop_all()
            self._peak = peak

    @property
    def events(self) -> Path | None:
        return self._unified.events

    @property
    def has_kill(self) -> bool:
        return self._unified.has_kill

    def adopt(self) -> None:
        """Everything of the box is in its one folder already."""

    def alarm(self, on_event: Callable[[], None]) -> Alarm:
        return Alarm([self._path / "memory.events", self._path / "pids.events"], None, on_event)

    def close(self) -> None:
        if self._peak is not None:
            self._peak.close()

    def release(self) -> None:
        """Nothing was made."""

    def counters(self) -> Counters:
        current = int(files.text(self._path / "memory.current"))
        return Counters(
            cpu_time_us=self._unified.cpu_time_us(),
            cpu_pressure_us=self._unified.pressure_us(),
            cpu_throttled_us=files.optional_field(self._path / "cpu.stat", "throttled_usec") or 0,
            memory_bytes=current,
            memory_peak_bytes=self._peak_bytes(current),
            oom_kills=files.field(self._path / "memory.events", "oom_kill"),
            process_limit_hits=files.field(self._path / "pids.events", "max"),
        )

    def _peak_bytes(self, current: int) -> int:
        if self._peak is not None:
            self._peak.seek(0)
            return int(self._peak.read())
        # There since Linux 5.19; before, what is in use now is the best there is.
        peak = self._path / "memory.peak"
        return int(peak.read_text()) if peak.exists() else current

    def held_memory_bytes(self) -> int:
        current = int(files.text(self._path / "memory.current"))
        return files.without_cache(current, self._path / "memory.stat", cache="file")

    def pids(self) -> list[int]:
        return sorted(self._unified.pids())

    def is_empty(self) -> bool:
        return self._unified.is_empty()

    def signal_all(self) -> None:
        self._unified.signal_all()

    def remove(self) -> None:
        files.remove_tree(self._path)
