"""Tells at once when the kernel refuses a box something.

That is the last moment to read the counters of a cgroup that is not ours: whoever made it removes it as soon as the box
has died, and the counters with it.
"""

import asyncio
import contextlib
import os
import select
from collections.abc import Callable, Sequence
from pathlib import Path


class Alarm:
    """Calls back when a counter of refusals moves."""

    def __init__(self, files: Sequence[Path], oom_control: Path | None, on_event: Callable[[], None]) -> None:
        """Start listening; needs a running event loop.

        Args:
            files: Files that the kernel marks as changed (poll: POLLPRI), such as `memory.events` and `pids.events`.
            oom_control: The `memory.oom_control` of v1, which tells by an event descriptor.
            on_event: Called from the event loop.
        """
        self._on_event = on_event
        self._epoll = select.epoll()
        self._clear: dict[int, Callable[[int], object]] = {}
        for path in files:
            # A kernel that does not have it has nothing to tell.
            with contextlib.suppress(OSError):
                self._listen_to_file(path)
        if oom_control is not None:
            with contextlib.suppress(OSError):
                self._listen_to_oom(oom_control)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._epoll.fileno(), self._event)

    def _listen_to_file(self, path: Path) -> None:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._clear[fd] = _read_file
        # A file that nobody has read counts as changed.
        _read_file(fd)
        self._epoll.register(fd, select.EPOLLPRI)

    def _listen_to_oom(self, path: Path) -> None:
        event = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._clear[event] = os.eventfd_read
        control = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            (path.parent / "cgroup.event_control").write_text(f"{event} {control}")
        finally:
            os.close(control)
        self._epoll.register(event, select.EPOLLIN)

    def _event(self) -> None:
        for fd, _ in self._epoll.poll(0):
            try:
                self._clear[fd](fd)
            except OSError:
                # Its cgroup is gone, and it would ring for ever.
                self._epoll.unregister(fd)
        self._on_event()

    def close(self) -> None:
        """Stop listening."""
        self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()
        for fd in self._clear:
            os.close(fd)
        self._clear.clear()


def _read_file(fd: int) -> bytes:
    return os.pread(fd, 4096, 0)
