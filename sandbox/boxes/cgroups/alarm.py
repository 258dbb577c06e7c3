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

_LOOK_S = 0.02
"""How often to look at what the kernel does not tell of. A box that was refused a task is gone, and its cgroup with it,
some tens of milliseconds later."""


class Alarm:
    """Calls back when a counter of refusals moves."""

    def __init__(
        self,
        files: Sequence[Path],
        oom_control: Path | None,
        on_event: Callable[[], None],
        *,
        silent: Sequence[Path] = (),
    ) -> None:
        """Start listening; needs a running event loop.

        Args:
            files: Files that the kernel marks as changed (poll: POLLPRI), such as `memory.events` and `pids.events`.
            oom_control: The `memory.oom_control` of v1, which tells by an event descriptor.
            on_event: Called from the event loop.
            silent: Files of which the kernel says nothing when they change, so that one has to look.
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
        self._timer: asyncio.TimerHandle | None = None
        self._silent: dict[int, bytes] = {}
        for path in silent:
            with contextlib.suppress(OSError):
                fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                self._clear[fd] = _read_file
                self._silent[fd] = _read_file(fd)
        if self._silent:
            self._timer = self._loop.call_later(_LOOK_S, self._look)

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

    def _look(self) -> None:
        try:
            seen = {fd: _read_file(fd) for fd in self._silent}
        except OSError:
            # The cgroup is gone.
            return
        if seen != self._silent:
            self._silent = seen
            self._on_event()
        self._timer = self._loop.call_later(_LOOK_S, self._look)

    def close(self) -> None:
        """Stop listening."""
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()
        for fd in self._clear:
            os.close(fd)
        self._clear.clear()


def _read_file(fd: int) -> bytes:
    return os.pread(fd, 4096, 0)
