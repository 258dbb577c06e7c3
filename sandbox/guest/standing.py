"""What the tests have had to do with the program so far, and what a check must fail for whoever may have caught it.

Also in processes that tests fork: what comes to pass there is known to whoever judges.
"""

from __future__ import annotations

import os

from sandbox.guest import frames

CONTACTED, ASKED = b"ca"
"""Beside frames.FAILED and frames.ERRORED: what a child tells."""

_KINDS = {frames.FAILED: frames.WRONG_ANSWER, frames.ERRORED: frames.UNSUPPORTED_VALUE}


class Standing:
    """How the tests and the program stand to each other.

    Attributes:
        contacted: Whether the tests have reached for the program: from then on a failure is the program's.
        asked: Whether they have had it do anything: if not, nothing was tested.
    """

    def __init__(self) -> None:
        self.contacted = False
        self.asked = False
        self._objections: list[tuple[int, str]] = []
        self._pid = 0
        self._pipe: tuple[int, int] | None = None

    def hear_children(self) -> None:
        """Know of what comes to pass in processes that this one forks from here on."""
        os.register_at_fork(before=self._make_way)

    def _make_way(self) -> None:
        # At the first fork: most tests make none.
        if self._pipe is None:
            self._pipe = os.pipe()
            self._pid = os.getpid()
            for fd in self._pipe:
                os.set_blocking(fd, False)

    def contact(self) -> None:
        """Note that the tests reach for the program."""
        if not self.contacted:
            self.contacted = True
            self._tell(CONTACTED)

    def ask(self) -> None:
        """Note that the tests have the program do something."""
        if not self.asked:
            self.contacted = self.asked = True
            self._tell(ASKED)

    def failed_assertion(self, message: str) -> None:
        """Note an assertion that failed while the program had called the tests, and which the program may catch."""
        self._object(frames.FAILED, message)

    def unsupported(self, message: str) -> None:
        """Note something that cannot be done across, which nobody may take for an exception of the program."""
        self._object(frames.ERRORED, message)

    def _object(self, status: int, message: str) -> None:
        self._objections.append((status, message))
        self._tell(status, message)

    def _tell(self, kind: int, message: str = "") -> None:
        """Tell the process that judges, if this is another one, which knows what was known when this was forked."""
        if self._pipe is None or os.getpid() == self._pid:
            return
        body = frames.text(message)
        try:
            # Whole or not at all, and without waiting: where there is no room, there is enough to fail for.
            os.write(self._pipe[1], frames.HEADER.pack(len(body), kind) + body)
        except OSError:
            return

    def _hear(self) -> None:
        while self._pipe is not None:
            try:
                kind, body = frames.read_frame(self._pipe[0])
            except BlockingIOError:
                return
            self.contacted = True
            self.asked = self.asked or kind != CONTACTED
            if kind in _KINDS:
                self._objections.append((kind, body.decode("utf-8", "replace")))

    def take_objection(self) -> tuple[int, int, str] | None:
        """Return what a check must fail for: status, kind of failure, message. Forgets all that was noted."""
        self._hear()
        found = []
        while self._objections:
            found.append(self._objections.pop(0))
        if not found:
            return None
        status, message = min(found, key=lambda objection: objection[0] != frames.ERRORED)
        return status, _KINDS[status], message
