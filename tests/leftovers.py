"""What boxes and servers have left on this machine: counted on the machine, not asked of us.

`leftovers` looks at the whole machine, and finds what is somebody else's too. `Server` looks at what one running server
has at the moment, and is cheap enough to be asked after every job.
"""

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from sandbox.paths import run_dir

Found = dict[str, list[str]]
"""What is there, by its kind."""

_CGROUPS = Path("/sys/fs/cgroup")
# The root of cgroup v2, and of each hierarchy where there are several.
_HIERARCHIES = ("", "*/")
_OWN_FILES = frozenset({"lock", "empty", "templates"})
_PATIENCE_S = 10.0


def leftovers() -> Found:
    """List everything on this machine that bears our mark."""
    cgroups = [
        str(path)
        for hierarchy in _HIERARCHIES
        # A folder for each server, and in it one for each box; the Engine has its own places for those of containers.
        for pattern in ("sandbox/*", "sandbox/*/*", "docker/*", "system.slice/docker-*.scope")
        for path in _CGROUPS.glob(hierarchy + pattern)
        if path.is_dir()
    ]
    processes = [
        f"{process.pid} {' '.join(process.info['cmdline'])}"
        for process in psutil.process_iter(["cmdline"])
        if process.info["cmdline"]
        and any("runsc" in part for part in process.info["cmdline"][:4])
        and process.status() != psutil.STATUS_ZOMBIE
    ]
    mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if str(run_dir()) in line]
    # One for each server, and in it one for each box.
    # What a server has proved of its machine is kept for the next one, on purpose.
    folders = [
        str(path)
        for pattern in ("*/*", "*/*/*")
        for path in run_dir().glob(pattern)
        if path.parent != run_dir() / "proofs"
    ]
    temporary = [str(path) for path in Path(tempfile.gettempdir()).glob("sandbox-*")]
    return {
        "cgroups": cgroups,
        "processes": processes,
        "mounts": mounts,
        "folders": folders,
        "temporary": temporary,
        "containers": containers(),
    }


def containers(instance: str | None = None) -> list[str]:
    """List the containers of all servers, or of one."""
    if shutil.which("docker") is None:
        return []
    label = "sandbox.instance" if instance is None else f"sandbox.instance={instance}"
    listed = subprocess.run(
        ["docker", "ps", "--all", "--quiet", "--filter", f"label={label}"], capture_output=True, text=True, check=False
    )
    return listed.stdout.split()


def wait_until_as_before(before: Mapping[str, Sequence[str]]) -> None:
    """Fail with what is there now and was not there before, unless it goes away within a few seconds."""
    _wait_until_nothing(
        lambda: {kind: sorted(set(found) - set(before[kind])) for kind, found in leftovers().items()}, _PATIENCE_S
    )


def _wait_until_nothing(look: Callable[[], Mapping[str, Sequence[str]]], patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while any((left := look()).values()):
        if time.monotonic() > deadline:
            pytest.fail(f"left behind: {json.dumps(left, indent=1)}")
        time.sleep(0.05)


@dataclass(frozen=True)
class Server:
    """A server that this process has started and that is running.

    Attributes:
        pid: Its process.
        backend: `runsc` or `docker`.
        folder: Its place below the run folder; its name is the instance that boxes and containers are marked with.
    """

    pid: int
    backend: str
    folder: Path

    def boxes(self) -> Found:
        """List what it has of boxes at this moment. Between two jobs there must be nothing."""
        name = self.folder.name
        return {
            "cgroups": [
                str(path)
                for hierarchy in _HIERARCHIES
                for path in _CGROUPS.glob(f"{hierarchy}sandbox/{name}/*")
                if path.is_dir()
            ],
            "folders": [str(path) for path in self.folder.iterdir() if path.name not in _OWN_FILES],
            # Zombies too: whoever starts processes has to wait for them.
            "processes": [str(child.pid) for child in psutil.Process(self.pid).children(recursive=True)],
            "containers": containers(name) if self.backend == "docker" else [],
        }

    def open_files(self) -> int:
        """Count the server's own descriptors."""
        return psutil.Process(self.pid).num_fds()

    def wait_until_no_box_is_left(self) -> None:
        """Fail with what is left of boxes, unless it goes away within the five seconds that a box may take to die."""
        _wait_until_nothing(self.boxes, 5.0)


def running_servers(backend: str) -> list[Server]:
    """List the servers that this process has started, by the lock that each holds."""
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            line = child.cmdline()
            if "serve" not in line or backend not in line:
                continue
            held = [Path(path) for path in map(_target, Path(f"/proc/{child.pid}/fd").iterdir()) if path]
        except (psutil.Error, OSError):
            continue
        locks = [path for path in held if path.name == "lock" and path.is_relative_to(run_dir())]
        found += [Server(child.pid, backend, lock.parent) for lock in locks]
    return found


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        # Closed meanwhile.
        return ""
