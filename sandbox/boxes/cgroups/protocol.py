"""What the rest of the program knows of a cgroup, whatever the layout."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sandbox.boxes.cgroups.alarm import Alarm
from sandbox.boxes.counters import Counters
from sandbox.boxspec import BoxSpec


class Cgroup(Protocol):
    """The cgroup of one box."""

    @property
    def oci_path(self) -> str:
        """What an OCI spec calls it."""

    @property
    def entrance(self) -> Path | None:
        """The file that a runtime must write itself into before it starts the box; None: it goes in by itself."""

    @property
    def events(self) -> Path | None:
        """The file that the kernel marks as changed when the last process leaves; None where it has none."""

    def limit(self, spec: BoxSpec) -> None:
        """Set the ceilings under which the box starts.

        Raises:
            BackendError: The kernel refuses one.
        """

    def limit_memory(self, memory_bytes: int) -> None:
        """Set the ceiling of memory of a box that runs.

        Raises:
            BackendError: The kernel refuses it.
        """

    def restart_peak(self) -> None:
        """Count the peak of memory anew from here on, where the kernel can: a box that starts takes more than it keeps.

        Raises:
            BackendError: The kernel refuses.
        """

    def close(self) -> None:
        """Let go of what is held open. Idempotent."""

    @property
    def has_kill(self) -> bool:
        """Whether it can be killed as a whole."""

    def adopt(self) -> None:
        """Take in the processes of a box that somebody else has made, where the layout needs it.

        Raises:
            BackendError: One escapes us.
        """

    def alarm(self, on_event: Callable[[], None]) -> Alarm:
        """Call back whenever the kernel refuses it something."""

    def release(self) -> None:
        """Remove what `adopt` has made; the rest is somebody else's."""

    def counters(self) -> Counters:
        """Read what the kernel counted.

        Raises:
            BackendError: It does not count what we need.
            OSError: The cgroup is gone.
        """

    def held_memory_bytes(self) -> int:
        """Return the memory in use now that the kernel cannot take back: all but the cache of files.

        Who reads a file first pays for its cache, so a machine's first boxes have the runtime and the image in theirs.

        Raises:
            OSError: The cgroup is gone.
        """

    def pids(self) -> list[int]:
        """List the host's processes in it."""

    def is_empty(self) -> bool:
        """Tell whether nothing runs in it, as the kernel says; also when it is gone."""

    def signal_all(self) -> None:
        """Send SIGKILL to everything in it, all at once where the kernel can."""

    def remove(self) -> None:
        """Remove it. It must be empty.

        Raises:
            OSError: The kernel does not let go of it.
        """


class Hierarchy(Protocol):
    """A machine's way of having cgroups."""

    @property
    def layout(self) -> str:
        """`v2`, `v1` or `mixed`."""

    @property
    def has_kill(self) -> bool:
        """Whether a cgroup can be killed as a whole."""

    @property
    def has_pressure(self) -> bool:
        """Whether the kernel tells how long a cgroup waited for a CPU."""

    def make(self, name: str) -> Cgroup:
        """Make the cgroup of a box, below our folder.

        Raises:
            BackendError: It cannot be made.
        """

    def view(self, path: str, name: str) -> Cgroup:
        """Return somebody else's cgroup; it need not be there yet.

        Args:
            path: Its path below the root.
            name: What it is called in our folder, where the layout needs one there.
        """

    def prepare(self) -> None:
        """Make the folder in which boxes' cgroups are made.

        Raises:
            BackendError: It cannot be made.
        """

    def remove_empty_ones(self) -> None:
        """Remove the empty folders beside ours: of servers that were killed, and whose run directories may be gone.

        Those of servers that live and have no box just now, too: they make theirs again.
        """

    def names(self) -> list[str]:
        """List the boxes' cgroups that are there."""

    def remove(self) -> None:
        """Remove the folder, if it is empty."""
