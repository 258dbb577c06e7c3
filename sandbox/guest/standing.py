"""What the tests have had to do with the program so far, and what a check must fail for whoever may have caught it.

Also in processes that tests fork: what comes to pass there is known to whoever judges.
"""

from __future__ import annotations

import _thread
import os

from sandbox.guest import frames
from sandbox.guest.serving import describe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sandbox.guest.source import Source

CONTACTED, ASKED = b"ca"
"""Beside frames.FAILED and frames.ERRORED: what a child tells."""

_KINDS = {frames.FAILED: frames.WRONG_ANSWER, frames.ERRORED: frames.UNSUPPORTED_VALUE}


class Standing:
    """How the tests and the program stand to each other.

    Attributes:
        source: The tests, where they are code.
        contacted: Whether the tests have reached for the program: from then on a failure is the program's.
        asked: Whether they have had it do anything: if not, nothing was tested.
        given: Whether they have a plain value or a class of the program's, which they can look at and ask for nothing.
        missed: A name that they looked for, of which the program has nothing of its own.
    """

    def __init__(self) -> None:
        self.contacted = False
        self.asked = False
        self.given = False
        self.missed = ""
        self.source: Source | None = None
        self._objections: list[tuple[int, str]] = []
        self._judge = os.getpid(), _thread.get_ident()
        self._pid = 0
        self._pipe: tuple[int, int] | None = None

    def hear_children(self) -> None:
        """Know of what comes to pass in processes that this one forks from here on."""
        os.register_at_fork(before=self._make_way)

    @property
    def has_forked(self) -> bool:
        """Whether other processes of the tests may use the program, too."""
        return self._pipe is not None

    def is_heard(self) -> bool:
        """Tell whether an exception that nobody catches here ends the check: not in a thread, nor in a child."""
        return (os.getpid(), _thread.get_ident()) == self._judge

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

    def swallowed(self, error: BaseException) -> None:
        """Note what the program catches, or may: a failed assertion of the tests fails the check all the same."""
        if (failed := failed_assertion(error)) is not None:
            self._object(frames.FAILED, describe(failed))

    def blame(self, what: str) -> None:
        """Note a fault of the program's, which fails the check whatever the tests make of it."""
        self._object(frames.FAILED, what)

    def unsupported(self, message: str) -> None:
        """Note something that cannot be done across, which nobody may take for an exception of the program."""
        self._object(frames.ERRORED, message)

    def _object(self, status: int, message: str) -> None:
        self._objections.append((status, message))
        self._tell(status, message)

    def _tell(self, kind: int, message: str = "") -> None:
        if self._pipe is None or os.getpid() == self._pid:
            return
        # To whoever judges, who knows what was known when this process was forked.
        body = frames.text(message)
        try:
            # Whole or not at all, and without waiting: where there is no room, there is enough to fail for.
            os.write(self._pipe[1], frames.HEADER.pack(len(body), kind) + body)
        except OSError:
            return

    def _hear(self) -> None:
        # A child that falls out of its check must not take what is told to whoever judges.
        while self._pipe is not None and os.getpid() == self._pid:
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


def failed_assertion(error: BaseException) -> AssertionError | None:
    """Return the failed assertion that an exception is, or that is in a group; None where it is the program's own."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for one in error.exceptions if (found := failed_assertion(one)) is not None), None)
    if isinstance(error, AssertionError) and "raised_by_program" not in error.__dict__:
        return error
    return None
