"""Boxes that wait for their job, made before anybody asks for them: one that is ready is milliseconds away.

None of them has had a byte of any job, each is given to one job, and none is ever taken back. They are made while a
core is free, and never beside a run that is to be alone.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from sandbox import wire
from sandbox.boxes.box import Box, Waits
from sandbox.boxes.shield import to_the_end
from sandbox.boxspec import BoxSpec
from sandbox.errors import BackendError
from sandbox.logs import logger

_ASKED_BEFORE = 3
"""How often a kind must have been asked for: a client may ask for any limits, and a first box has no checkpoint yet."""

_KEPT_S = 60.0
"""How long a kind that nobody asks for is kept ready."""

_KINDS_MAX = 64
"""Kinds of which it is remembered that they were asked for."""

_RETRY_S, _RETRIES_MAX = 5.0, 12
"""The pause after one could not be made, or there was no room for it; longer with each that fails, up to so many."""

_UNDISTURBED_S = 1.0
"""How long no box is made ready beside a job in one that waited: beside it, a job's time-out is the machine's."""

Open = Callable[[BoxSpec], AbstractAsyncContextManager[Box]]
"""A backend's `open`."""


@dataclass(frozen=True, slots=True, eq=False)
class _Ready:
    """A box that waits, and what destroys it."""

    box: Box
    stack: AsyncExitStack


_Key = tuple[str, str, int, bytes]


def _key(spec: BoxSpec) -> _Key:
    """Return all by which boxes differ before they have their job. How long a job may take is not part of it."""
    return spec.policy_digest, spec.language, spec.limits.memory_bytes, wire.encode_limits(spec)


@dataclass(slots=True, eq=False)
class _Kind:
    """Boxes of which one is as good as the other."""

    spec: BoxSpec
    failures: int = 0
    asked: int = 0
    asked_at_s: float = 0.0
    not_before_s: float = 0.0
    filling: int = 0
    ready: deque[_Ready] = field(default_factory=deque)


class Pool:
    """Stands before a backend's `open`."""

    def __init__(
        self,
        open_box: Open,
        *,
        ready_max: int,
        cores: int,
        has_room: Callable[[BoxSpec], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start without any.

        Args:
            open_box: Makes a box.
            ready_max: Boxes that wait at once, of all kinds.
            cores: None is made beforehand while so many are in use or being made.
            has_room: Tells whether the machine can take one more box that waits.
            clock: Tells the time in seconds.
        """
        self._open_box = open_box
        self._ready_max = ready_max
        self._cores = cores
        self._has_room = has_room
        self._clock = clock
        self._kinds: OrderedDict[_Key, _Kind] = OrderedDict()
        self._in_use = 0
        self._alone = 0
        self._closed = False
        self._fills: set[asyncio.Task[None]] = set()
        self._ends: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def ready(self) -> int:
        """Boxes that wait."""
        return sum(len(kind.ready) for kind in self._kinds.values())

    def open(self, spec: BoxSpec) -> AbstractAsyncContextManager[Box]:
        """Give a box that waits, or make one; see `sandbox.boxes.box.Backend.open`."""
        return self._open_alone(spec) if spec.alone else self._open(spec)

    @asynccontextmanager
    async def _open(self, spec: BoxSpec) -> AsyncIterator[Box]:
        kind = self._note(spec)
        self._in_use += 1
        try:
            if (waited := self._take(kind)) is None:
                async with self._open_box(spec) as box:
                    self._tend()
                    yield box
                return
            try:
                # Its place is filled when it is over, or goes on for long.
                asyncio.get_running_loop().call_later(_UNDISTURBED_S, self._tend)
                yield waited.box
            finally:
                await to_the_end(waited.stack.aclose())
        finally:
            self._in_use -= 1
            self._tend()

    @asynccontextmanager
    async def _open_alone(self, spec: BoxSpec) -> AsyncIterator[Box]:
        """Make a box that did not wait, with nothing being made beside it."""
        self._alone += 1
        try:
            for task in self._fills:
                task.cancel()
            await asyncio.gather(*self._fills, *self._ends, return_exceptions=True)
            async with self._open_box(spec) as box:
                yield box
        finally:
            self._alone -= 1
            self._tend()

    def _note(self, spec: BoxSpec) -> _Kind:
        key = _key(spec)
        kind = self._kinds.setdefault(key, _Kind(spec))
        self._kinds.move_to_end(key)
        kind.asked += 1
        kind.asked_at_s = self._clock()
        while len(self._kinds) > _KINDS_MAX:
            _, forgotten = self._kinds.popitem(last=False)
            self._end_all(forgotten)
        return kind

    def _take(self, kind: _Kind) -> _Ready | None:
        """Return the box that has waited longest and still lives; those that do not are done away with."""
        while kind.ready:
            waited = kind.ready.popleft()
            if not (isinstance(waited.box, Waits) and waited.box.has_ended):
                return waited
            logger().warning("a box died while it waited", box=waited.box.id)
            self._end(waited)
        return None

    def _tend(self) -> None:
        """Make what is wanted, as far as cores are free, and do away with what nobody wants."""
        if self._closed:
            return
        now = self._clock()
        wanted = self._wanted(now)
        for kind in self._kinds.values():
            if now - kind.asked_at_s > _KEPT_S:
                self._end_all(kind)
        while not self._alone and self._in_use + len(self._fills) < self._cores:
            share = -(-self._ready_max // max(1, len(wanted)))
            needy = next(
                (kind for kind in wanted if len(kind.ready) + kind.filling < share and kind.not_before_s <= now), None
            )
            if needy is None:
                break
            if not self._has_room(needy.spec):
                needy.not_before_s = now + _RETRY_S
                continue
            if not self._made_room(wanted, share):
                break
            needy.filling += 1
            task = asyncio.create_task(self._fill(needy))
            self._fills.add(task)
            # Not in the task: one that is cancelled before it has begun does not begin.
            task.add_done_callback(partial(self._filled, needy))
        self._set_timer(now)

    def _wanted(self, now: float) -> list[_Kind]:
        """Return the kinds that are to be kept ready, the last one asked for first; no more than there can be boxes."""
        recent = [
            kind
            for kind in reversed(self._kinds.values())
            if kind.asked >= _ASKED_BEFORE and now - kind.asked_at_s <= _KEPT_S
        ]
        return recent[: self._ready_max]

    def _made_room(self, wanted: list[_Kind], share: int) -> bool:
        """Tell whether one more may wait, if another has to go for it: one of a kind that has more than its share."""
        filling = sum(kind.filling for kind in self._kinds.values())
        if self.ready + filling < self._ready_max:
            return True
        for kind in self._kinds.values():
            if len(kind.ready) > (share if kind in wanted else 0):
                self._end(kind.ready.popleft())
                return True
        return False

    async def _fill(self, kind: _Kind) -> None:
        timeout_ms = kind.spec.rules.start_timeout_ms
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(timeout_ms / 1000):
                    box = await stack.enter_async_context(self._open_box(kind.spec))
                    if isinstance(box, Waits):
                        await box.wait_for_word()
            except TimeoutError:
                raise BackendError(f"it was not ready within start_timeout_ms, {timeout_ms} ms") from None
            if self._closed or self._kinds.get(_key(kind.spec)) is not kind:
                # Nobody would find it there.
                return
            kind.failures = 0
            kind.ready.append(_Ready(box, stack.pop_all()))

    def _filled(self, kind: _Kind, task: asyncio.Task[None]) -> None:
        self._fills.discard(task)
        kind.filling -= 1
        if not task.cancelled() and (error := task.exception()) is not None:
            kind.failures += 1
            kind.not_before_s = self._clock() + _RETRY_S * min(kind.failures, _RETRIES_MAX)
            logger().warning("no box could be made ready", language=kind.spec.language, error=str(error) or repr(error))
        self._tend()

    def _end_all(self, kind: _Kind) -> None:
        while kind.ready:
            self._end(kind.ready.popleft())

    def _end(self, waited: _Ready) -> None:
        task = asyncio.create_task(waited.stack.aclose())
        self._ends.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._ends.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger().error("a box that waited was not destroyed in order", error=repr(error))

    def _set_timer(self, now: float) -> None:
        """Come back when the first kind has not been asked for long enough, or one may be tried again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        times = [kind.asked_at_s + _KEPT_S for kind in self._kinds.values() if kind.ready]
        times += [kind.not_before_s for kind in self._kinds.values() if kind.not_before_s > now]
        if times:
            self._timer = asyncio.get_running_loop().call_later(max(0.1, min(times) - now + 0.1), self._tend)

    async def close(self) -> None:
        """Destroy what waits. Boxes that are in use are their users'."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for task in self._fills:
            task.cancel()
        await asyncio.gather(*self._fills, return_exceptions=True)
        for kind in self._kinds.values():
            self._end_all(kind)
        await asyncio.gather(*self._ends, return_exceptions=True)
