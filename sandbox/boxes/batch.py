"""Boxes that serve several jobs of one client, one after the other, where the policy says so.

Each job has processes, namespaces and files of its own in it; gVisor's kernel and its image are shared. A box is kept
only while nothing about it is in doubt: what ended by the box's own limits, or left memory behind, costs that box.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from sandbox import wire
from sandbox.boxes.baseline import Baseline
from sandbox.boxes.box import Box
from sandbox.boxes.counters import Counters
from sandbox.boxes.shield import to_the_end
from sandbox.boxspec import BoxSpec
from sandbox.errors import BackendError
from sandbox.logs import logger

IDLE_S = 2.0
"""How long a box waits for the next job of its client."""

_AGAIN_TIMEOUT_S = 5.0
_GROWTH_BYTES_MAX, _LEFT_BYTES_MAX = 16 * 1024 * 1024, 4 * 1024 * 1024
"""What a box may hold more after its first job than before it, and after others than it did then: gVisor's kernel grows
by some 10 MiB with the first one, and what it gives back later must not become a job's to use."""

Open = Callable[[BoxSpec], AbstractAsyncContextManager[Box]]
"""A backend's `open`."""


class ReusedBox:
    """A box, and what is to become of it after this job."""

    def __init__(self, box: Box, stack: AsyncExitStack) -> None:
        """Begin with a new one.

        Args:
            box: The box.
            stack: Destroys it.
        """
        self._box = box
        self._stack = stack
        self._heard = b""
        self._baseline = Baseline()
        self._is_clean = False
        self.jobs_before = 0

    @property
    def id(self) -> str:
        """The box's."""
        return self._box.id

    @property
    def restored(self) -> bool:
        """Whether the box was."""
        return self._box.restored

    @property
    def waited(self) -> bool:
        """Whether the box has waited for its first job."""
        return self._box.waited

    async def send(self, data: bytes) -> None:
        """Write to the agent."""
        await self._box.send(data)

    async def receive(self) -> bytes:
        """Read from the agent."""
        heard, self._heard = self._heard, b""
        return heard or await self._box.receive()

    async def settle(self, spec: BoxSpec) -> Counters:
        """Hold the box to its next job's memory."""
        used = await self._box.settle(spec)
        self._baseline.seen(used.memory_bytes)
        return used

    async def counters(self) -> Counters:
        """Read the box's counters, of all its jobs."""
        return await self._box.counters()

    async def kill(self) -> None:
        """Kill everything in it; it serves no other job."""
        self._is_clean = False
        await self._box.kill()

    async def end(self) -> Counters:
        """Read the counters, then kill."""
        counters = await self.counters()
        await self.kill()
        return counters

    async def epitaph(self) -> str:
        """Return how it ended."""
        return await self._box.epitaph()

    def retain(self) -> None:
        """Say that its job came to its own end, and that another one may follow."""
        self._is_clean = True

    async def is_ready_again(self) -> bool:
        """End what is left of the job, and tell whether the box is as it was before its first one.

        Raises:
            BackendError: It cannot be told.
        """
        if not self._is_clean:
            return False
        self._is_clean = False
        self.jobs_before += 1
        try:
            async with asyncio.timeout(_AGAIN_TIMEOUT_S):
                await self._box.send(wire.encode_frame(wire.NEXT, b""))
                says_so = await self._hears_ready()
        except TimeoutError:
            return False
        held = (await self._box.counters()).memory_bytes
        too_much = self._baseline.is_too_much(held, growth_bytes_max=_GROWTH_BYTES_MAX, left_bytes_max=_LEFT_BYTES_MAX)
        if not says_so or too_much:
            logger().debug(
                "a box serves no other job", box=self.id, jobs=self.jobs_before, ready=says_so, held_bytes=held
            )
        return says_so and not too_much

    async def _hears_ready(self) -> bool:
        """Wait for the next agent's word, and tell whether it is that and nothing else.

        A process that tests have left may still speak, on the pipe that was theirs.
        """
        reader, frames = wire.FrameReader(), list[wire.Frame]()
        heard = b""
        try:
            while not frames and (data := await self._box.receive()):
                heard += data
                frames += reader.feed(data)
        except wire.MalformedFrameError:
            return False
        self._heard = heard
        return [frame.kind for frame in frames] == [wire.READY] and reader.is_empty

    async def destroy(self) -> None:
        """Do away with it."""
        await self._stack.aclose()


class Client:
    """Whose jobs may share boxes with one another: one stream of jobs."""

    def __init__(self) -> None:
        """Be there."""
        self.is_gone = False


_Key = tuple[Client, str, str, int, bytes]


@dataclass(frozen=True, slots=True, eq=False)
class _Idle:
    """A box that waits for the next job."""

    key: _Key
    box: ReusedBox
    timer: asyncio.TimerHandle


class Batch:
    """Stands before a backend's `open`."""

    def __init__(self, open_box: Open, *, idle_max: int) -> None:
        """Start without any.

        Args:
            open_box: Makes a box.
            idle_max: Boxes that wait for the next job of their client.
        """
        self._open_box = open_box
        self._idle_max = idle_max
        self._idle: deque[_Idle] = deque()
        self._ends: set[asyncio.Task[None]] = set()
        self._closed = False

    def open(self, spec: BoxSpec, client: Client | None = None) -> AbstractAsyncContextManager[Box]:
        """Give a box that has served the client before, or a new one; see `sandbox.boxes.box.Backend.open`.

        Args:
            spec: The box.
            client: Whose jobs may share boxes with one another; None: nobody's.
        """
        if spec.alone:
            return self._open_alone(spec)
        if client is None or spec.rules.jobs_per_box == 1 or spec.boxes > 1:
            return self._open_box(spec)
        return self._open(spec, client)

    @asynccontextmanager
    async def _open_alone(self, spec: BoxSpec) -> AsyncIterator[Box]:
        """Make a new box, beside none that waits for a job or goes away."""
        self._end_all(self._idle)
        await asyncio.gather(*self._ends, return_exceptions=True)
        async with self._open_box(spec) as box:
            yield box

    @asynccontextmanager
    async def _open(self, spec: BoxSpec, client: Client) -> AsyncIterator[Box]:
        # All by which boxes differ before they have their job. How long a job may take is not part of it.
        key = (client, spec.policy_digest, spec.language, spec.limits.memory_bytes, wire.encode_limits(spec))
        if (box := self._take(key)) is None:
            async with AsyncExitStack() as stack:
                made = await stack.enter_async_context(self._open_box(spec))
                box = ReusedBox(made, stack.pop_all())
        try:
            yield box
        finally:
            await to_the_end(self._put_back(key, box, spec))

    def _take(self, key: _Key) -> ReusedBox | None:
        for kept in self._idle:
            if kept.key == key:
                self._idle.remove(kept)
                kept.timer.cancel()
                return kept.box
        return None

    async def _put_back(self, key: _Key, box: ReusedBox, spec: BoxSpec) -> None:
        is_ready = False
        if box.jobs_before + 1 < spec.rules.jobs_per_box and self._may_stay(key):
            try:
                is_ready = await box.is_ready_again()
            except BackendError:
                pass
            except BaseException:
                await box.destroy()
                raise
        if not (is_ready and self._may_stay(key)):
            await box.destroy()
            return
        if len(self._idle) == self._idle_max:
            self._end(self._idle[0])
        timer = asyncio.get_running_loop().call_later(IDLE_S, self._end_in_time, box)
        self._idle.append(_Idle(key, box, timer))

    def _end_in_time(self, box: ReusedBox) -> None:
        self._end_all(kept for kept in self._idle if kept.box is box)

    def _may_stay(self, key: _Key) -> bool:
        return not (self._closed or key[0].is_gone)

    def _end_all(self, some: Iterable[_Idle]) -> None:
        for kept in list(some):
            self._end(kept)

    def _end(self, kept: _Idle) -> None:
        self._idle.remove(kept)
        kept.timer.cancel()
        task = asyncio.create_task(kept.box.destroy())
        self._ends.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._ends.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger().error("a box that had served jobs was not destroyed in order", error=repr(error))

    @contextlib.contextmanager
    def client(self) -> Iterator[Client]:
        """Give a client; on leaving, its boxes go."""
        client = Client()
        try:
            yield client
        finally:
            client.is_gone = True
            self._end_all(kept for kept in self._idle if kept.key[0] is client)

    async def close(self) -> None:
        """Destroy what waits. Boxes that are in use are their users'."""
        self._closed = True
        self._end_all(self._idle)
        await asyncio.gather(*self._ends, return_exceptions=True)
