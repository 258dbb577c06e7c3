"""The two pipes between the host and the agent in a box, as descriptors that can be handed to another process."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_READ_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Ends:
    """One side's ends.

    Attributes:
        source: Where this side reads what the other one wrote.
        sink: Where this side writes.
    """

    source: int
    sink: int

    def close(self) -> None:
        """Close both."""
        os.close(self.source)
        os.close(self.sink)


def make_pipes() -> tuple[Ends, Ends]:
    """Make two pipes. Returns the host's ends, which do not block, and the agent's."""
    agent_source, host_sink = os.pipe2(os.O_CLOEXEC)
    host_source, agent_sink = os.pipe2(os.O_CLOEXEC)
    os.set_blocking(host_source, False)
    os.set_blocking(host_sink, False)
    return Ends(host_source, host_sink), Ends(agent_source, agent_sink)


class Pipes:
    """The host's ends, read and written from asyncio. One reader and one writer at a time."""

    def __init__(self, ends: Ends) -> None:
        """Own the ends.

        Args:
            ends: Descriptors that do not block.
        """
        self._source: int | None = ends.source
        self._sink: int | None = ends.sink

    async def send(self, data: bytes) -> None:
        """Write all of it. Where nobody reads any more, it is swallowed."""
        loop, rest = asyncio.get_running_loop(), memoryview(data)
        while rest and self._sink is not None:
            try:
                rest = rest[os.write(self._sink, rest) :]
            except BlockingIOError:
                await turn(loop.add_writer, loop.remove_writer, self._sink)
            except (BrokenPipeError, ConnectionResetError):
                return

    async def receive(self) -> bytes:
        """Return some bytes; none at the end."""
        loop = asyncio.get_running_loop()
        while self._source is not None:
            try:
                return os.read(self._source, _READ_BYTES)
            except BlockingIOError:
                await turn(loop.add_reader, loop.remove_reader, self._source)
            except ConnectionResetError:
                break
        return b""

    def release(self) -> Ends | None:
        """Give the ends away. From then on there is nothing to read or write here; None: they were given before."""
        if self._source is None or self._sink is None:
            return None
        ends = Ends(self._source, self._sink)
        self._source = self._sink = None
        return ends

    def hang_up(self) -> None:
        """Write no more: the other side sees the end. Nobody may be writing."""
        sink, self._sink = self._sink, None
        if sink is not None:
            os.close(sink)

    def close(self) -> None:
        """Close both ends. Nobody may be reading or writing."""
        self.hang_up()
        source, self._source = self._source, None
        if source is not None:
            os.close(source)


async def turn(add: Callable[..., Any], remove: Callable[[int], Any], fd: int) -> None:
    """Wait until a descriptor can be read or written, or was closed at the other end.

    Args:
        add: The loop's `add_reader` or `add_writer`.
        remove: Its opposite.
        fd: The descriptor; nobody else waits for it.
    """
    ready = asyncio.get_running_loop().create_future()

    def is_ready() -> None:
        if not ready.done():
            ready.set_result(None)

    add(fd, is_ready)
    try:
        await ready
    finally:
        remove(fd)
