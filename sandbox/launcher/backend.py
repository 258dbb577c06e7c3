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

_GONE = "the launcher is gone: no box can be made; start the server anew"
_ENDS = 2


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
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()
        self._hearing: asyncio.Task[None] | None = None
        self._images: Mapping[str, str] = {}
        self._versions: Mapping[str, str] = {}
        self._is_gone = False
        self.name = "unknown"
        self.platform = "unknown"
        self.runsc_version = "unknown"
        self.quarantine = Withheld()
        self.on_gone: Callable[[], None] | None = None
        """Called when the launcher is gone."""

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
        said = await self._ask(messages.Hello())
        self.name, self.platform, self.runsc_version = said["backend"], said["platform"], said["runsc_version"]
        self._images, self._versions = said["images"], said["versions"]
        self.quarantine.take(said["withheld"])

    async def reload(self) -> Mapping[str, str]:
        """Have the launcher read its policies again. Returns their digests by name.

        Raises:
            BackendError: One is wrong; it keeps those that it had.
        """
        digests: dict[str, str] = (await self._ask(messages.Reload()))["policies"]
        return digests

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
        while (data := (await self._control.receive())[0]) != b"":
            message = messages.decode_event(data)
            if message is None:
                self._answers.put_nowait(data)
            else:
                self.quarantine.take(message)
        self._is_gone = True
        self._answers.put_nowait(b"")
        if self.on_gone is not None:
            self.on_gone()

    async def _ask(self, request: messages.Request) -> dict[str, Any]:
        # To the end, or the answer to one question would be taken for that to the next.
        return await to_the_end(self._ask_in_turn(request))

    async def _ask_in_turn(self, request: messages.Request) -> dict[str, Any]:
        async with self._asking:
            if self._is_gone:
                raise BackendError(_GONE)
            try:
                await self._control.send(messages.encode_request(request))
            except ConnectionError:
                raise BackendError(_GONE) from None
            data = await self._answers.get()
        if not data:
            raise BackendError(_GONE)
        return messages.decode_answer(data)

    def open(self, spec: BoxSpec) -> AbstractAsyncContextManager[Box]:
        """Make a box; see `sandbox.boxes.box.Backend.open`."""
        return self._open(spec)

    @asynccontextmanager
    async def _open(self, spec: BoxSpec) -> AsyncIterator[Box]:
        request = messages.Open(
            policy=spec.policy, policy_digest=spec.policy_digest, language=spec.language, limits=spec.limits
        )
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        channel, box = Channel(ours), None
        try:
            try:
                await self._control.send(messages.encode_request(request), [theirs.fileno()])
            except ConnectionError:
                raise BackendError(_GONE) from None
            finally:
                theirs.close()
            box = await _box_from(channel)
            yield box
        finally:
            if box is not None:
                box.close()
            await to_the_end(_see_the_end(channel))


async def _box_from(channel: Channel) -> "_LaunchedBox":
    data, descriptors = await channel.receive(descriptors_max=_ENDS)
    if not data:
        raise BackendError(_GONE)
    if len(descriptors) != _ENDS:
        for descriptor in descriptors:
            os.close(descriptor)
        messages.decode_answer(data)
        raise BackendError("the launcher sent a box without its pipes: is this server out of descriptors?")
    return _LaunchedBox(channel, Ends(*descriptors), messages.decode_answer(data))


async def _see_the_end(channel: Channel) -> None:
    """Hang up, and wait until the launcher has destroyed the box."""
    channel.hang_up()
    try:
        while (await channel.receive())[0]:
            pass
    finally:
        channel.close()


class _LaunchedBox:
    """The pipes to a box, and the channel to whoever can hold it to limits, look at its counters and kill it."""

    def __init__(self, channel: Channel, ends: Ends, said: Mapping[str, Any]) -> None:
        self.id: str = said["box_id"]
        self.restored: bool = said["restored"]
        self._channel = channel
        self._pipes = Pipes(ends)
        self._heard: bytes = said["heard"].encode("latin-1")
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
        return messages.decode_counters((await self._ask(messages.Word.SETTLE))["counters"])

    async def counters(self) -> Counters:
        """Have the counters read."""
        return messages.decode_counters((await self._ask(messages.Word.COUNTERS))["counters"])

    async def kill(self) -> None:
        """Have everything in the box killed."""
        await self._ask(messages.Word.KILL)

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
                await self._channel.send(messages.encode({"number": self._number, "ask": word}))
            except ConnectionError:
                raise BackendError(_GONE) from None
            while data := (await self._channel.receive())[0]:
                answer = messages.decode_answer(data)
                # Who asked before may have been cancelled before the answer came.
                if answer["number"] == self._number:
                    return answer
        raise BackendError(_GONE)
