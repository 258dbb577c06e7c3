"""The end of a box: everything in its cgroup is killed, the kernel says that nothing is left, the cgroup is removed."""

import asyncio
import contextlib
import errno

from sandbox.boxes.cgroups.alarm import Alarm
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
    """Kill everything in a cgroup and wait until the kernel says that it is empty, which it does by itself if it can.

    Raises:
        StuckError: Something in it does not die.
    """
    begun = asyncio.get_running_loop().time()
    emptied = asyncio.Event()

    def kill() -> bool:
        emptied.clear()
        # Killed before it is looked at: what was forked meanwhile is seen by the look.
        cgroup.signal_all()
        if asyncio.get_running_loop().time() - begun > _SINGLY_AFTER_S:
            kill_each(set(cgroup.pids()))
        return cgroup.is_empty()

    # Without the kernel's word one has to look again and again.
    pause_s = _PAUSE_MIN_S if cgroup.events is None else _PAUSE_MAX_S
    if kill():
        return
    with contextlib.closing(Alarm([] if cgroup.events is None else [cgroup.events], None, emptied.set)):
        while not kill():
            if asyncio.get_running_loop().time() - begun > _KILL_TIMEOUT_S:
                raise StuckError(f"processes {cgroup.pids()} of cgroup {cgroup.oci_path} do not die of SIGKILL")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await emptied.wait()
            pause_s = min(pause_s * 2, _PAUSE_MAX_S)


async def remove(cgroup: Cgroup) -> None:
    """Kill whatever is in a cgroup and remove it.

    Raises:
        StuckError: Something in it does not die, or the kernel does not let go of it.
    """
    with contextlib.suppress(OSError):
        # Most have been killed and seen to be empty, and the kernel lets go of none in which anything lives.
        cgroup.remove()
        return
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
