"""Who goes next: a fixed number of slots, a bounded queue in order of arrival, runs alone, and an orderly end."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sandbox.errors import OverloadedError, ShuttingDownError

_RETRY_AFTER_MS = 1_000


class Scheduler:
    """Admits jobs. Time spent here is the queue's and never counts against a job."""

    def __init__(self, *, slots: int, queue_jobs_max: int, alone_max: int = 1) -> None:
        """Prepare.

        Args:
            slots: Jobs that run at the same time.
            queue_jobs_max: Jobs that may wait; one more is refused.
            alone_max: Jobs that run at the same time and still count as alone: more than one only where each has cores
                of its own and some are left.
        """
        self.slots = slots
        self.queue_jobs_max = queue_jobs_max
        self._alone_max = alone_max
        self.running = 0
        self._withheld = 0
        self._queue: deque[asyncio.Future[None]] = deque()
        self._alone_queue: deque[asyncio.Future[None]] = deque()
        self._alone_running = 0
        self._draining = False
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def withheld(self) -> int:
        """Slots that are kept from being used."""
        return self._withheld

    @property
    def waiting(self) -> int:
        """Jobs that wait for a slot."""
        return len(self._queue)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator["Slot"]:
        """Wait for a slot and hold it.

        Raises:
            OverloadedError: Too many wait already.
            ShuttingDownError: The server is going away.
        """
        self._refuse_if_draining()
        if self.waiting >= self.queue_jobs_max:
            raise OverloadedError(self.waiting, _RETRY_AFTER_MS)
        asked = time.monotonic()
        turn = self._line_up(self._queue)
        self._admit()
        await self._come_to(turn, self._queue, self._leave)
        slot = Slot(self, round((time.monotonic() - asked) * 1000))
        try:
            self._refuse_if_draining()
            yield slot
        finally:
            slot.leave()

    def _refuse_if_draining(self) -> None:
        if self._draining:
            raise ShuttingDownError("the server is shutting down; another one may take the job")

    def _line_up(self, queue: deque[asyncio.Future[None]]) -> asyncio.Future[None]:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        return turn

    async def _come_to(
        self, turn: asyncio.Future[None], queue: deque[asyncio.Future[None]], leave: Callable[[], None]
    ) -> None:
        """Wait for one's turn; `_admit` counts the job in before it wakes it, `leave` counts it out."""
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                if turn in queue:
                    queue.remove(turn)
                self._admit()
            else:
                leave()
            raise

    async def _change_to_alone(self) -> None:
        """Give one's place up for a turn with nobody beside."""
        # In line before the place is free, or somebody else would start in it and be waited for.
        turn = self._line_up(self._alone_queue)
        self._leave()
        await self._come_to(turn, self._alone_queue, self._leave_alone)

    def _admit(self) -> None:
        """Wake whoever may go. Runs alone go first: while one waits, nobody else starts, so its turn comes."""
        others = self.running - self._alone_running
        places = min(self._alone_max, self.slots - self._withheld)
        while _has_somebody(self._alone_queue) and not others and self._alone_running < places:
            self._alone_running += 1
            self._count_in(self._alone_queue.popleft())
        if _has_somebody(self._alone_queue) or self._alone_running:
            return
        while _has_somebody(self._queue) and self.running < self.slots - self._withheld:
            self._count_in(self._queue.popleft())

    def _count_in(self, turn: asyncio.Future[None]) -> None:
        self.running += 1
        self._idle.clear()
        turn.set_result(None)

    def _leave_alone(self) -> None:
        self._alone_running -= 1
        self._leave()

    def _leave(self) -> None:
        self.running -= 1
        if not self.running:
            self._idle.set()
        self._admit()

    def withhold(self, slots: int) -> None:
        """Keep so many slots from being used: boxes that would not die still use what theirs are meant for."""
        self._withheld = slots
        self._admit()

    def drain(self) -> None:
        """Refuse new jobs and those that wait; running ones go on."""
        self._draining = True

    async def idle(self) -> None:
        """Wait until no job runs; a job runs until its box is removed."""
        while self.running:
            await self._idle.wait()


class Slot:
    """A place among those that run."""

    def __init__(self, scheduler: Scheduler, queue_time_ms: int) -> None:
        self._scheduler = scheduler
        self.queue_time_ms = queue_time_ms
        self._leave: Callable[[], None] | None = scheduler._leave

    def leave(self) -> None:
        """Give the place back. Idempotent."""
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Give the slot up for a turn with nobody beside; once, and for the rest of the job.

        Raises:
            ShuttingDownError: The server is going away.
        """
        self._scheduler._refuse_if_draining()
        self._leave = None
        await self._scheduler._change_to_alone()
        self._leave = self._scheduler._leave_alone
        self._scheduler._refuse_if_draining()
        yield


def _has_somebody(queue: deque[asyncio.Future[None]]) -> bool:
    """Tell whether somebody waits. Who has been cancelled may not know it yet; a turn that it got would be lost."""
    while queue and queue[0].cancelled():
        queue.popleft()
    return bool(queue)
