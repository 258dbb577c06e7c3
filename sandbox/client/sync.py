"""The client for everybody else: the asyncio client in a thread of its own.

A thread, and not `asyncio.run`, so that it works where an event loop is running already, as in Jupyter.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Generator, Iterable, Sequence
from contextlib import aclosing
from queue import SimpleQueue
from types import TracebackType
from typing import Self, TypeVar

from sandbox.client.aio import AsyncClient, checked_in_flight
from sandbox.client.info import ServerInfo
from sandbox.client.retry import Retry
from sandbox.errors import UnreachableError
from sandbox.job import Job
from sandbox.verdict import JobResult, Verdict

_T = TypeVar("_T")

# Seconds for the loop's thread to clean up; it only has to cancel calls.
_CLOSE_S = 5.0


class Client:
    """Runs jobs on one server or several. Use it as a context manager; any thread may call it.

    Args:
        endpoint: `HOST:PORT` or `unix:PATH` of a server, or several of them: jobs go where the fewest are unanswered.
        in_flight_max: Unanswered jobs per server, at most.
        retry: When to try again and when to give up.

    Raises:
        ValueError: There is no endpoint, or nothing may be in flight.
    """

    def __init__(self, endpoint: str | Sequence[str], *, in_flight_max: int = 64, retry: Retry | None = None) -> None:
        self._client = AsyncClient(endpoint, in_flight_max=in_flight_max, retry=retry)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def targets(self) -> tuple[str, ...]:
        """The servers' addresses."""
        return self._client.targets

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every connection; what is running is cancelled. Calling it twice is fine."""
        with self._lock:
            self._closed = True
            loop, self._loop = self._loop, None
            thread, self._thread = self._thread, None
        if loop is None or thread is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_CLOSE_S)

    def run(self, job: Job) -> Verdict:
        """Run one job and return the verdict. What may succeed on another try is tried again.

        Raises:
            JobRefusedError: The job is malformed or above a ceiling.
            ServiceFaultError: The service, not the program, failed.
            UnreachableError: No server answers.
        """
        return self._wait(self._client.run(job))

    def run_many(self, jobs: Iterable[Job], *, in_flight_max: int | None = None) -> Generator[JobResult, None, None]:
        """Yield one result per job, in order of completion.

        `jobs` is read in the calling thread, as far ahead as jobs may be in flight. Service errors are values here: one
        bad job does not end the rest. Leaving the iterator, by Ctrl-C too, cancels what is running.

        Args:
            jobs: What to run.
            in_flight_max: Unanswered jobs per server, at most; None: as the client was told.

        Raises:
            ValueError: Nothing may be in flight.
            UnreachableError: No server answers, or none does any more.
            SandboxError: A server refuses to talk to us at all.
        """
        per_server = self._client.in_flight_max if in_flight_max is None else checked_in_flight(in_flight_max)
        room = per_server * len(self._client.targets)
        loop = self._running_loop()
        source = iter(jobs)
        feed: asyncio.Queue[Job | None] = asyncio.Queue()
        inbox: SimpleQueue[JobResult | BaseException] = SimpleQueue()
        ended = threading.Event()
        pump = asyncio.run_coroutine_threadsafe(self._pump(feed, inbox, ended, per_server), loop)
        unanswered = 0
        more = True
        try:
            while True:
                while more and unanswered < room:
                    job = next(source, None)
                    loop.call_soon_threadsafe(feed.put_nowait, job)
                    more = job is not None
                    unanswered += more
                if not unanswered:
                    break
                item = inbox.get()
                if isinstance(item, BaseException):
                    raise item
                unanswered -= 1
                yield item
            # The stream says goodbye; nothing depends on it.
            ended.wait(_CLOSE_S)
        finally:
            pump.cancel()
            ended.wait(_CLOSE_S)

    async def _pump(
        self,
        feed: asyncio.Queue[Job | None],
        inbox: SimpleQueue[JobResult | BaseException],
        ended: threading.Event,
        in_flight_max: int,
    ) -> None:
        try:
            results = self._client.run_many(_drain(feed), in_flight_max=in_flight_max)
            async with aclosing(results):
                async for result in results:
                    inbox.put(result)
        except asyncio.CancelledError:
            # By the caller, who waits for `ended`; or because the client was closed under a caller who waits for more.
            inbox.put(UnreachableError("the client is closed"))
            raise
        except Exception as error:  # noqa: BLE001 - it is raised again, in the caller's thread
            inbox.put(error)
        finally:
            ended.set()

    def server_info(self, *, timeout_ms: int = 10_000) -> ServerInfo:
        """Return what the first server that answers offers.

        Args:
            timeout_ms: How long each server has to answer.

        Raises:
            UnreachableError: No server answers.
            SandboxError: A server answered, but not with what it offers.
        """
        return self._wait(self._client.server_info(timeout_ms=timeout_ms))

    def _wait(self, coroutine: Coroutine[None, None, _T]) -> _T:
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self._running_loop())
        except BaseException:
            coroutine.close()
            raise
        try:
            return future.result()
        except BaseException:
            # Ctrl-C included: nobody waits for the answer any more.
            future.cancel()
            raise

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._closed:
                raise UnreachableError("the client is closed")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_serve, args=(self._loop, self._client), name="sandbox-client", daemon=True
                )
                self._thread.start()
            return self._loop


def _serve(loop: asyncio.AbstractEventLoop, client: AsyncClient) -> None:
    """Run the loop until it is stopped, then cancel what is left and close the client."""
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.run_until_complete(client.close())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _drain(feed: asyncio.Queue[Job | None]) -> AsyncIterator[Job]:
    while (job := await feed.get()) is not None:
        yield job
