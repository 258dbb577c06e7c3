"""The backend of a server without privileges: boxes that a launcher makes. Only their pipes are here."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from sandbox.boxes.box import Box
from sandbox.boxes.counters import Counters
from sandbox.boxes.pipes import Ends, Pipes
from sandbox.boxes.shield import to_the_end
from sandbox.boxspec import BoxSpec
from sandbox.errors import BackendError
from sandbox.launcher import messages
from sandbox.launcher.channel import Channel
from sandbox.logs import logger
from sandbox.version import VERSION

_GONE = "the launcher is gone: no box can be made; start the server anew"
_SILENT = "the launcher does not answer: is it stopped? Start both anew"
_NO_LAUNCHER = "who answers there is no launcher of this version: start sandbox launcher, and name its socket"
_ENDS = 2
_START_TIMEOUT_S = 180.0
"""A launcher that has just been started removes what a dead one has left before it answers."""

_ANSWER_TIMEOUT_S = 60.0


class Withheld:
    """How many boxes of the launcher would not die, as it tells."""

    def __init__(self) -> None:
        self._boxes = 0
        self._on_change: Callable[[int], None] | None = None

    def report_to(self, on_change: Callable[[int], None]) -> None:
        """Have the number of boxes told, now and whenever it changes."""
        self._on_change = on_change
        on_change(self._boxes)

    def take(self, boxes: int) -> None:
        """Take note of the number."""
        self._boxes = boxes
        if self._on_change is not None:
            self._on_change(boxes)


class LaunchedBackend:
    """Asks a launcher for boxes. Needs no privilege."""

    def __init__(self, control: socket.socket) -> None:
        """Prepare.

        Args:
            control: A connection to the launcher, of the kind SOCK_SEQPACKET.
        """
        self._control = Channel(control)
        self._asking = asyncio.Lock()
        self._answers: asyncio.Queue[tuple[bytes, tuple[int, ...]]] = asyncio.Queue()
        self._hearing: asyncio.Task[None] | None = None
        self._images: Mapping[str, str] = {}
        self._versions: Mapping[str, str] = {}
        self._gone = ""
        self.policies: Mapping[str, str] = {}
        """The digests of the policies that the launcher has, by name."""
        self.name = "unknown"
        self.platform = "unknown"
        self.runsc_version = self.runsc_identity = "unknown"
        self.quarantine = Withheld()
        self.on_gone: Callable[[str], None] | None = None
        """Called with the reason when the launcher is gone, or as good as."""

    def image_digest(self, language: str) -> str:
        """Return what the launcher says."""
        return self._images[language]

    def language_version(self, language: str) -> str:
        """Return what the launcher says."""
        return self._versions[language]

    async def start(self) -> None:
        """Ask the launcher what it has.

        Raises:
            SandboxError: It cannot make boxes. The text says what to do.
        """
        self._hearing = asyncio.create_task(self._hear())
        self._take(await self._ask(messages.Hello(), _START_TIMEOUT_S))

    def _take(self, said: Mapping[str, Any]) -> None:
        try:
            version = said["version"]
            self.name, self.platform = said["backend"], said["platform"]
            self.runsc_version, self.runsc_identity = said["runsc_version"], said["runsc_identity"]
            self._images, self._versions, self.policies = said["images"], said["versions"], said["policies"]
            self.quarantine.take(said["withheld"])
        except KeyError:
            raise BackendError(_NO_LAUNCHER) from None
        if version != VERSION:
            raise BackendError(f"the launcher is {version} and this server {VERSION}: start both from one installation")

    async def reload(self) -> Mapping[str, str]:
        """Have the launcher read its policies again. Returns their digests by name.

        Raises:
            BackendError: One is wrong; it keeps those that it had.
        """
        self._take(await self._ask(messages.Reload()))
        return self.policies

    async def remains(self, box_id: str) -> tuple[str, ...]:
        """List what is left of a box, as the launcher sees it."""
        return tuple((await self._ask(messages.Remains(box_id)))["remains"])

    async def close(self) -> None:
        """Hang up."""
        if self._hearing is not None:
            self._hearing.cancel()
            await asyncio.gather(self._hearing, return_exceptions=True)
        self._control.close()

    async def _hear(self) -> None:
        why = _GONE
        try:
            while (arrived := await self._control.receive(descriptors_max=1))[0] != b"":
                boxes = messages.decode_event(arrived[0])
                if boxes is None:
                    self._answers.put_nowait(arrived)
                else:
                    self.quarantine.take(boxes)
        except BackendError:
            why = _NO_LAUNCHER
        self._lose(why)

    def _lose(self, why: str) -> None:
        self._gone = self._gone or why
        self._answers.put_nowait((b"", ()))
        if self.on_gone is not None:
            self.on_gone(self._gone)

    async def _ask(self, request: messages.Request, timeout_s: float = _ANSWER_TIMEOUT_S) -> dict[str, Any]:
        answer, _ = await to_the_end(self._ask_in_turn(request, timeout_s))
        return answer

    async def _ask_in_turn(
        self, request: messages.Request, timeout_s: float = _ANSWER_TIMEOUT_S
    ) -> tuple[dict[str, Any], tuple[int, ...]]:
        # Always to the end, or the answer to one question would be taken for that to the next.
        async with self._asking:
            if self._gone:
                raise BackendError(self._gone)
            try:
                self._control.send(messages.encode_request(request))
                async with asyncio.timeout(timeout_s):
                    data, descriptors = await self._answers.get()
            except ConnectionError:
                raise BackendError(_GONE) from None
            except TimeoutError:
                self._lose(_SILENT)
                raise BackendError(_SILENT) from None
        if not data:
            raise BackendError(self._gone)
        return messages.decode_answer(data), descriptors

    async def _new_channel(self, spec: BoxSpec) -> Channel:
        """Have the launcher begin to make a box. Returns the box's channel, also when nobody waits for it any more."""
        request = messages.Open(
            policy=spec.policy,
            policy_digest=spec.policy_digest,
            language=spec.language,
            limits=spec.limits,
            alone=spec.alone,
        )
        _, descriptors = await self._ask_in_turn(request)
        if len(descriptors) != 1:
            raise BackendError("the launcher sent no channel for a box: is this server out of descriptors?")
        return Channel(socket.socket(fileno=descriptors[0]))

    def open(self, spec: BoxSpec) -> AbstractAsyncContextManager[Box]:
        """Make a box; see `sandbox.boxes.box.Backend.open`."""
        return self._open(spec)

    @asynccontextmanager
    async def _open(self, spec: BoxSpec) -> AsyncIterator[Box]:
        opening = asyncio.ensure_future(self._new_channel(spec))
        channel: Channel | None = None
        box: _LaunchedBox | None = None
        try:
            channel = await asyncio.shield(opening)
            box = await _box_from(channel, spec.rules.start_timeout_ms / 1000)
            yield box
        finally:
            if box is not None:
                box.close()
            await to_the_end(_see_the_end(channel, opening))


async def _box_from(channel: Channel, timeout_s: float) -> "_LaunchedBox":
    try:
        # The launcher gives up by itself, and says why; the other limit is for one that does nothing any more.
        async with asyncio.timeout(timeout_s + _ANSWER_TIMEOUT_S):
            data, descriptors = await channel.receive(descriptors_max=_ENDS)
    except TimeoutError:
        raise BackendError(_SILENT) from None
    if not data:
        raise BackendError(_GONE)
    if len(descriptors) != _ENDS:
        for descriptor in descriptors:
            os.close(descriptor)
        messages.decode_answer(data)
        raise BackendError("the launcher sent a box without its pipes: is this server out of descriptors?")
    return _LaunchedBox(channel, Ends(*descriptors), messages.decode_answer(data))


async def _see_the_end(channel: Channel | None, opening: "asyncio.Future[Channel]") -> None:
    """Hang up, and wait until the launcher has destroyed the box."""
    if channel is None:
        try:
            channel = await opening
        except BackendError:
            # None was made. Whoever waited for it has the error already, or has been cancelled.
            return
    channel.hang_up()
    try:
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            while (arrived := await channel.receive(descriptors_max=_ENDS))[0]:
                for descriptor in arrived[1]:
                    os.close(descriptor)
    except TimeoutError:
        logger().error("the launcher does not say that a box is gone")
    finally:
        channel.close()


class _LaunchedBox:
    """The pipes to a box, and the channel to whoever can hold it to limits, look at its counters and kill it."""

    def __init__(self, channel: Channel, ends: Ends, said: Mapping[str, Any]) -> None:
        self.id: str = said["box_id"]
        self.restored: bool = said["restored"]
        self.waited: bool = said["waited"]
        self._channel = channel
        self._pipes = Pipes(ends)
        self._heard: bytes = said["heard"].encode("latin-1")
        self._settled = said["counters"]
        self._asking = asyncio.Lock()
        self._number = 0

    async def send(self, data: bytes) -> None:
        """Write to the agent."""
        await self._pipes.send(data)

    async def receive(self) -> bytes:
        """Read from the agent."""
        if self._heard:
            heard, self._heard = self._heard, b""
            return heard
        return await self._pipes.receive()

    async def settle(self, spec: BoxSpec) -> Counters:
        """Have the box held to what it was asked for: the launcher knows the spec."""
        if (counters := self._settled) is not None:
            # It was ready when it was handed over.
            self._settled = None
            return messages.decode_counters(counters)
        return messages.decode_counters((await self._ask(messages.Word.SETTLE))["counters"])

    async def counters(self) -> Counters:
        """Have the counters read."""
        return messages.decode_counters((await self._ask(messages.Word.COUNTERS))["counters"])

    async def kill(self) -> None:
        """Have everything in the box killed."""
        await self._ask(messages.Word.KILL)

    async def end(self) -> Counters:
        """Have the counters read and everything killed. The answer does not wait for the last to die."""
        return messages.decode_counters((await self._ask(messages.Word.END))["counters"])

    async def epitaph(self) -> str:
        """Ask how it ended."""
        return str((await self._ask(messages.Word.EPITAPH))["epitaph"])

    def close(self) -> None:
        """Close the pipes."""
        self._pipes.close()

    async def _ask(self, word: messages.Word) -> dict[str, Any]:
        async with self._asking:
            self._number += 1
            try:
                self._channel.send(messages.encode({"number": self._number, "ask": word}))
                async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                    while data := (await self._channel.receive())[0]:
                        answer = messages.decode_answer(data)
                        # Who asked before may have been cancelled before the answer came.
                        if answer.get("number") == self._number:
                            return answer
            except ConnectionError:
                raise BackendError(_GONE) from None
            except TimeoutError:
                raise BackendError(_SILENT) from None
        raise BackendError(_GONE)
