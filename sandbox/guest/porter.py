"""Where the roles are in two boxes: carries what goes through the pipes between them, as frames, by way of the host.

The same code on both sides. It understands nothing of what it carries, and never waits for one direction alone. Each
channel keeps its own order; and as in one box an answer overtakes no output that was written before it, and the report
that a program has ended nothing that the program said.
"""

from __future__ import annotations

import os
import select

from sandbox.guest import frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# The pipes between the roles.
ORDERS, CALLS, REPORTS, ANSWERS, STDOUT, STDERR = range(6)

_AFTER = {ANSWERS: frozenset({STDOUT, STDERR}), REPORTS: frozenset({ORDERS, CALLS, ANSWERS, STDOUT, STDERR})}
"""What comes before a channel: it is taken, and given, only when nothing of those waits."""

_READ_BYTES = 65_536
_PIPE_BYTES_MAX = 1 << 20
"""No pipe holds more. So much is read of an output that may never end, and what was there before is among it."""

_PENDING_BYTES_MAX = 1 << 20
"""What may wait for a reader before nothing more is read for it."""


class Porter:
    """Carries between some local pipes and the host.

    Args:
        source: From the host.
        sink: To the host.
        readers: Pipes to read from, by channel.
        writers: Pipes to write to, by channel.
        own: A pipe with whole frames that go to the host as they are.
        onward: A pipe for the host's frames that are no channel's, as they are.
    """

    def __init__(
        self,
        source: int,
        sink: int,
        *,
        readers: Mapping[int, int],
        writers: Mapping[int, int],
        own: int | None = None,
        onward: int | None = None,
    ) -> None:
        self._source = source
        self._sink = sink
        self._channels = {fd: channel for channel, fd in readers.items()}
        self._writers = dict(writers)
        self._own = own
        self._onward = onward
        self._own_bytes = bytearray()
        self._came = bytearray()
        self._to_host = bytearray()
        self._pending = {channel: bytearray() for channel in writers}
        self._closing: set[int] = set()
        self._poll = select.poll()
        self._waited_for: dict[int, int] = {}
        for fd in (source, sink, *readers.values(), *writers.values()):
            os.set_blocking(fd, False)

    def run(self) -> None:
        """Carry until the host closes its end."""
        while self._turn():
            pass

    def _turn(self) -> bool:
        ready = self._wait()
        if self._source in ready and not self._take_from_host():
            return False
        if self._own in ready:
            self._take_own()
        self._take_all(ready & self._channels.keys())
        # Tried at once, and waited for only when there is no room: a call across costs each porter three system calls.
        if self._to_host:
            _write(self._sink, self._to_host)
        waiting = [channel for channel, data in self._pending.items() if data or channel in self._closing]
        for channel in sorted(waiting, key=_rank):
            if self._may_put(channel):
                self._put(channel)
        return True

    def _wait(self) -> set[int]:
        """Wait until something can be done, and return for which descriptors."""
        wanted: dict[int, int] = {}
        if sum(map(len, self._pending.values())) < _PENDING_BYTES_MAX:
            wanted[self._source] = select.POLLIN
        if len(self._to_host) < _PENDING_BYTES_MAX:
            wanted.update(dict.fromkeys(self._channels, select.POLLIN))
            if self._own is not None:
                wanted[self._own] = select.POLLIN
        if self._to_host:
            wanted[self._sink] = select.POLLOUT
        for channel, data in self._pending.items():
            if data and self._may_put(channel):
                wanted[self._writers[channel]] = select.POLLOUT
        if wanted != self._waited_for:
            for fd in self._waited_for.keys() - wanted.keys():
                self._poll.unregister(fd)
            for fd, what in wanted.items():
                self._poll.register(fd, what)
            self._waited_for = wanted
        return {fd for fd, _ in self._poll.poll()}

    def _take_from_host(self) -> bool:
        data = os.read(self._source, _READ_BYTES)
        if not data:
            return False
        self._came += data
        while (frame := _cut(self._came)) is not None:
            _, kind = frames.HEADER.unpack_from(frame)
            if kind != frames.CHANNEL:
                if self._onward is not None:
                    # It is waited for, and smaller than any pipe.
                    frames.write_all(self._onward, frame)
                continue
            channel, data = frame[frames.HEADER.size], frame[frames.HEADER.size + 1 :]
            if channel in self._pending:
                self._pending[channel] += data
                if not data:
                    self._closing.add(channel)
        return True

    def _take_all(self, ready: set[int]) -> None:
        for fd in sorted(ready, key=lambda fd: _rank(self._channels[fd])):
            if fd in self._channels:
                self._take_in_order(fd)

    def _take_in_order(self, fd: int) -> None:
        """Take what is there, and before it what was written before it: what is in other pipes once this was read."""
        try:
            data = os.read(fd, _READ_BYTES)
        except BlockingIOError:
            return
        before = _AFTER.get(self._channels[fd], frozenset())
        for other in sorted(self._channels, key=lambda fd: _rank(self._channels[fd])):
            taken = 0
            while self._channels.get(other) in before and taken < _PIPE_BYTES_MAX:
                try:
                    more = os.read(other, _READ_BYTES)
                except BlockingIOError:
                    break
                taken += len(more)
                self._pass_on(other, more)
        self._pass_on(fd, data)

    def _pass_on(self, fd: int, data: bytes) -> None:
        channel = self._channels[fd]
        if not data:
            del self._channels[fd]
        self._to_host += frames.HEADER.pack(1 + len(data), frames.CHANNEL) + frames.CHANNEL_BODY.pack(channel) + data

    def _take_own(self) -> None:
        data = os.read(self._own or 0, _READ_BYTES)
        if not data:
            self._own = None
        self._own_bytes += data
        while (frame := _cut(self._own_bytes)) is not None:
            self._to_host += frame

    def _may_put(self, channel: int) -> bool:
        return not any(self._pending.get(other) for other in _AFTER.get(channel, ()))

    def _put(self, channel: int) -> None:
        data, fd = self._pending[channel], self._writers[channel]
        if data and not _write(fd, data):
            # Nobody will read it; whoever has closed it says so by other ways.
            data.clear()
        if channel in self._closing and not data:
            self._closing.discard(channel)
            del self._writers[channel], self._pending[channel]
            if self._waited_for.pop(fd, None) is not None:
                self._poll.unregister(fd)
            os.close(fd)


def _rank(channel: int) -> int:
    """Return a number by which what comes before a channel comes before it."""
    return len(_AFTER.get(channel, ()))


def _write(fd: int, data: bytearray) -> bool:
    try:
        del data[: os.write(fd, data)]
    except BlockingIOError:
        pass
    except BrokenPipeError:
        return False
    return True


def _cut(data: bytearray) -> bytes | None:
    """Take one whole frame off the front."""
    if len(data) < frames.HEADER.size:
        return None
    size, _ = frames.HEADER.unpack_from(data)
    end = frames.HEADER.size + size
    if len(data) < end:
        return None
    frame = bytes(data[:end])
    del data[:end]
    return frame
