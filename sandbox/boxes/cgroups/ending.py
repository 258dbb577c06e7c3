"""The end of a box: everything in its cgroup is killed, the kernel says that nothing is left, the cgroup is removed."""

import asyncio
import errno
from collections.abc import Callable

from sandbox.boxes.cgroups.protocol import Cgroup
from sandbox.boxes.cgroups.unified import kill_each
from sandbox.errors import BackendError

_KILL_TIMEOUT_S = 5.0
_SINGLY_AFTER_S = 1.0
_PAUSE_MIN_S = 0.001
_PAUSE_MAX_S = 0.05
_REMOVE_PAUSE_S = 0.01


class StuckError(BackendError):
    """Something does not die of SIGKILL: the kernel itself is stuck with it."""


async def kill_all(cgroup: Cgroup) -> None:
    """Kill everything in a cgroup and wait until the kernel says that it is empty.

    Raises:
        StuckError: Something in it does not die.
    """
    begun = asyncio.get_running_loop().time()

    def kill() -> bool:
        # Killed before it is looked at: what was forked meanwhile is seen by the look.
        cgroup.signal_all()
        if asyncio.get_running_loop().time() - begun > _SINGLY_AFTER_S:
            kill_each(set(cgroup.pids()))
        return cgroup.is_empty()

    if not await _repeat(kill):
        raise StuckError(f"processes {cgroup.pids()} of cgroup {cgroup.oci_path} do not die of SIGKILL")


async def _repeat(attempt: Callable[[], bool]) -> bool:
    """Attempt something, with growing pauses, until it succeeds or the time is up. Returns whether it did."""
    deadline = asyncio.get_running_loop().time() + _KILL_TIMEOUT_S
    pause_s = _PAUSE_MIN_S
    while not attempt():
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, _PAUSE_MAX_S)
    return True


async def remove(cgroup: Cgroup) -> None:
    """Kill whatever is in a cgroup and remove it.

    Raises:
        StuckError: Something in it does not die, or the kernel does not let go of it.
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
                raise StuckError(f"cannot remove the cgroup {cgroup.oci_path}: {error}") from error
        else:
            return
        await asyncio.sleep(_REMOVE_PAUSE_S)
