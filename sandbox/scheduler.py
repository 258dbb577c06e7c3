"""Who goes next: a fixed number of slots, a bounded queue in order of arrival, and an orderly end."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sandbox.errors import OverloadedError, ShuttingDownError

_RETRY_AFTER_MS = 1_000


class Scheduler:
    """Admits jobs. Time spent here is the queue's and never counts against a job."""

    def __init__(self, *, slots: int, queue_jobs_max: int) -> None:
        """Prepare.

        Args:
            slots: Jobs that run at the same time.
            queue_jobs_max: Jobs that may wait; one more is refused.
        """
        self.slots = slots
        self.queue_jobs_max = queue_jobs_max
        self._free = asyncio.Semaphore(slots)
        self._draining = False
        self._idle = asyncio.Event()
        self._idle.set()
        self.waiting = 0
        self.running = 0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[int]:
        """Wait for a slot and hold it. Yields how long the wait was, in milliseconds.

        Raises:
            OverloadedError: Too many wait already.
            ShuttingDownError: The server is going away.
        """
        if self._draining:
            raise ShuttingDownError("the server is shutting down; another one may take the job")
        if self.waiting >= self.queue_jobs_max:
            raise OverloadedError(self.waiting, _RETRY_AFTER_MS)
        asked = time.monotonic()
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1
        try:
            if self._draining:
                raise ShuttingDownError("the server is shutting down; another one may take the job")
            self.running += 1
            self._idle.clear()
            try:
                yield round((time.monotonic() - asked) * 1000)
            finally:
                self.running -= 1
                if not self.running:
                    self._idle.set()
        finally:
            self._free.release()

    def drain(self) -> None:
        """Refuse new jobs and those that wait; running ones go on."""
        self._draining = True

    async def idle(self) -> None:
        """Wait until no job runs; a job runs until its box is removed."""
        await self._idle.wait()
