"""Boxes that would not die. Their slots stay theirs until the kernel lets go of them, and the log says so loudly."""

import asyncio
from collections.abc import Callable

from sandbox.boxes import cgroups
from sandbox.errors import BackendError
from sandbox.logs import logger

_PAUSE_S = 1.0


class Quarantine:
    """Keeps killing what does not die."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._on_change: Callable[[int], None] | None = None

    def report_to(self, on_change: Callable[[int], None]) -> None:
        """Have the number of boxes told, now and whenever it changes."""
        self._on_change = on_change
        on_change(len(self))

    def __len__(self) -> int:
        return len(self._tasks)

    def take(self, box_id: str, cgroup: cgroups.Cgroup, forget: Callable[[], None]) -> None:
        """Take a box over.

        Args:
            box_id: For the log.
            cgroup: Killed again and again, and removed in the end.
            forget: Removes what else there is of the box, once it is gone.
        """
        logger().critical("a box does not die of SIGKILL: quarantined", box=box_id, pids=cgroup.pids())
        self._tasks[box_id] = asyncio.create_task(self._bury(box_id, cgroup, forget))
        self._tell()

    async def _bury(self, box_id: str, cgroup: cgroups.Cgroup, forget: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(_PAUSE_S)
            try:
                await cgroups.remove(cgroup)
            except (BackendError, OSError):
                # As long as nobody knows that the box is gone, it is there.
                continue
            forget()
            logger().warning("a quarantined box is gone", box=box_id)
            del self._tasks[box_id]
            self._tell()
            return

    def _tell(self) -> None:
        if self._on_change is not None:
            self._on_change(len(self))

    async def close(self) -> None:
        """Give up. What is still there is named in the log once more; the next server tries again."""
        for box_id, task in self._tasks.items():
            logger().critical("left behind: a box that does not die of SIGKILL", box=box_id)
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()
