"""Cgroup v1: the same folder in each controller, and beside them one in the unified hierarchy where there is one."""

import contextlib
import functools
from collections.abc import Callable
from pathlib import Path

from sandbox.boxes.cgroups import files
from sandbox.boxes.cgroups.alarm import Alarm
from sandbox.boxes.cgroups.protocol import Cgroup
from sandbox.boxes.cgroups.unified import UnifiedFolder, kill_each
from sandbox.boxes.counters import Counters
from sandbox.boxspec import CPU_PERIOD_US, BoxSpec
from sandbox.errors import BackendError


class HierarchyV1:
    """The v1 controllers, with the unified hierarchy (`mixed`) or without it (`v1`)."""

    def __init__(self, controllers: tuple[Path, ...], unified: Path | None, parent: str) -> None:
        self._controllers = controllers
        self._unified = unified
        self._parent = parent
        self.layout = "v1" if unified is None else "mixed"

    @property
    def has_kill(self) -> bool:
        """Whether a cgroup can be killed as a whole."""
        unified = self._unified
        return unified is not None and any((unified / name / "cgroup.kill").exists() for name in files.folders(unified))

    @property
    def has_pressure(self) -> bool:
        """Whether the kernel tells how long a cgroup waited for a CPU."""
        return self._unified is not None and UnifiedFolder(self._unified).pressure_us() is not None

    @property
    def _roots(self) -> tuple[Path, ...]:
        return self._controllers if self._unified is None else (*self._controllers, self._unified)

    @functools.cached_property
    def _folders(self) -> tuple[tuple[str, bool], ...]:
        """Ours in each hierarchy, and whether a new one in it must be given its cores."""
        return tuple((f"{root}/{self._parent}", (root / "cpuset.cpus").exists()) for root in self._roots)

    def prepare(self) -> None:
        """Make our folder in each hierarchy."""
        try:
            for root in self._roots:
                folder = root / self._parent
                files.make_folder(folder)
                for path in (*reversed(folder.relative_to(root).parents), folder.relative_to(root)):
                    _inherit_cpuset(root / path, (root / path).parent)
        except OSError as error:
            raise BackendError(
                f"cannot use cgroups named {self._parent}: {error}: run as root, on a writable cgroup file system"
            ) from error

    def make(self, name: str) -> Cgroup:
        """Make the cgroup of a box in each hierarchy."""
        cgroup = self.view(f"{self._parent}/{name}", name)
        if not all(files.exists(folder) for folder, _ in self._folders):
            # Another server has found it empty.
            self.prepare()
        try:
            for folder, has_cpuset in self._folders:
                files.make_one(f"{folder}/{name}")
                if has_cpuset:
                    _inherit_cpuset(Path(folder, name), Path(folder))
        except OSError as error:
            with contextlib.suppress(OSError):
                cgroup.remove()
            raise BackendError(f"cannot make the cgroup {self._parent}/{name}: {error}") from error
        return cgroup

    def view(self, path: str, name: str) -> Cgroup:
        """Return a cgroup by its path in the controllers; in the unified hierarchy it is in our folder."""
        unified = None if self._unified is None else UnifiedFolder(self._unified / self._parent / name)
        return _CgroupV1(self._controllers, unified, path)

    def remove_empty_ones(self) -> None:
        """Remove what killed servers have left beside our folder in each hierarchy."""
        for root in self._roots:
            files.rmdir_empty_ones((root / self._parent).parent)

    def names(self) -> list[str]:
        """List the boxes' cgroups."""
        return sorted({name for root in self._roots for name in files.folders(root / self._parent)})

    def remove(self) -> None:
        """Remove our folders, if they are empty."""
        for root in self._roots:
            files.rmdir_if_empty(root / self._parent)


class _CgroupV1:
    """The same folder in every v1 controller, so that runsc finds all of them made and owns none."""

    def __init__(self, controllers: tuple[Path, ...], unified: UnifiedFolder | None, path: str) -> None:
        self._paths = {controller.name: f"{controller}/{path}" for controller in controllers}
        self._unified = unified
        self.oci_path = f"/{path}"

    @property
    def entrance(self) -> Path | None:
        # A runtime puts the box into the v1 controllers; into the unified hierarchy, which has none, it does not.
        return self._unified.entrance if self._unified is not None else None

    @property
    def events(self) -> Path | None:
        return None if self._unified is None else self._unified.events

    def limit(self, spec: BoxSpec) -> None:
        self._write("cpu", "cpu.cfs_period_us", str(CPU_PERIOD_US))
        self._write("cpu", "cpu.cfs_quota_us", str(spec.cpu_quota_us))
        self.limit_memory(spec.start_memory_bytes)
        self._write("pids", "pids.max", str(spec.rules.host_tasks_max))

    def limit_memory(self, memory_bytes: int) -> None:
        names = ["memory.limit_in_bytes"]
        if files.exists(f"{self._paths['memory']}/memory.memsw.limit_in_bytes"):
            names.append("memory.memsw.limit_in_bytes")
            # Memory with swap may never be less than memory alone.
            if memory_bytes > int(files.text(f"{self._paths['memory']}/{names[0]}")):
                names.reverse()
        for name in names:
            self._write("memory", name, str(memory_bytes))

    def restart_peak(self) -> None:
        self._write("memory", "memory.max_usage_in_bytes", "0")

    def _write(self, controller: str, name: str, value: str) -> None:
        files.write(f"{self._paths[controller]}/{name}", value)

    @property
    def has_kill(self) -> bool:
        return self._unified is not None and self._unified.has_kill

    def adopt(self) -> None:
        if self._unified is None:
            return
        if not files.pids(self._paths["pids"]):
            # They have no number in our pid namespace, so they cannot be named to be moved.
            self._unified = None
            return
        try:
            self._unified.path.mkdir(parents=True, exist_ok=True)
            self._unified.adopt(self._paths["pids"])
        except OSError as error:
            raise BackendError(f"cannot count the box in {self._unified.path}: {error}") from error

    def alarm(self, on_event: Callable[[], None]) -> Alarm:
        # Newer kernels tell of it in v2 alone.
        silent = [Path(self._paths["pids"], "pids.events")]
        return Alarm([], Path(self._paths["memory"], "memory.oom_control"), on_event, silent=silent)

    def close(self) -> None:
        """Nothing is held open."""

    def release(self) -> None:
        if self._unified is not None:
            files.remove_tree(self._unified.path)

    def counters(self) -> Counters:
        memory = self._paths["memory"]
        if self._unified is not None:
            cpu_time_us = self._unified.cpu_time_us()
        else:
            cpu_time_us = int(files.text(f"{self._paths['cpuacct']}/cpuacct.usage")) // 1000
        throttled_ns = files.optional_field(f"{self._paths['cpu']}/cpu.stat", "throttled_time") or 0
        return Counters(
            cpu_time_us=cpu_time_us,
            cpu_pressure_us=None if self._unified is None else self._unified.pressure_us(),
            cpu_throttled_us=throttled_ns // 1000,
            memory_bytes=int(files.text(f"{memory}/memory.usage_in_bytes")),
            memory_peak_bytes=int(files.text(f"{memory}/memory.max_usage_in_bytes")),
            oom_kills=files.field(f"{memory}/memory.oom_control", "oom_kill"),
            process_limit_hits=files.field(f"{self._paths['pids']}/pids.events", "max"),
        )

    def held_memory_bytes(self) -> int:
        memory = self._paths["memory"]
        current = int(files.text(f"{memory}/memory.usage_in_bytes"))
        return files.without_cache(current, f"{memory}/memory.stat", cache="cache")

    def pids(self) -> list[int]:
        found = set() if self._unified is None else self._unified.pids()
        return sorted(found.union(*(files.pids(path) for path in self._paths.values())))

    def is_empty(self) -> bool:
        # What is in a controller is not always in the unified hierarchy: a runtime may have just forked it.
        return (self._unified is None or self._unified.is_empty()) and not self.pids()

    def signal_all(self) -> None:
        if self._unified is not None:
            self._unified.signal_all()
            if not self._unified.is_empty():
                # They are dying. Looking through every controller for others can wait until they have died.
                return
        kill_each(set(self.pids()))

    def remove(self) -> None:
        refused: OSError | None = None
        for path in (*self._paths.values(), *([] if self._unified is None else [str(self._unified.path)])):
            try:
                files.remove_tree(path)
            except OSError as error:  # each by itself: one that refuses must not keep the rest
                refused = error
        if refused is not None:
            raise refused


def v1_controllers(root: Path) -> tuple[Path, ...]:
    """List the v1 hierarchies. systemd's named one is among them: runsc joins it too, and would leave a folder."""
    return tuple(path for path in sorted(root.iterdir()) if path.is_dir() and (path / "tasks").is_file())


def _inherit_cpuset(path: Path, parent: Path) -> None:
    """A new v1 cpuset is empty, and no process may enter it until it has what its parent has."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        target = path / name
        if target.exists() and not target.read_text().strip():
            target.write_text((parent / name).read_text())
