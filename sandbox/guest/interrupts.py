"""Handlers of signals that the tests set: they run where what they raise leaves nothing half done.

Python runs a handler between any two steps of the main thread: also between the writing of a question and the note that
it was written, after which an honest answer would be one to no question.
"""

from __future__ import annotations

import _thread
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    _Handler = Callable[[int, Any], Any]

_RUN, _RUN_AND_TELL, _HOLD = range(3)


class HandlerRanError(BaseException):
    """A handler has run to its end."""


class Interrupts:
    """Whether handlers run at once, or wait; and those that wait. Of the main thread alone: no other runs them.

    Attributes:
        raised: What a handler has raised last.
        state: What becomes of the next one.
        is_in_check: Whether they may run at all: what they raise is the end of a check.
    """

    def __init__(self) -> None:
        self.raised: BaseException | None = None
        self.state = _RUN
        self.is_in_check = True
        self._waiting: list[tuple[_Handler, int, Any]] = []
        self._main = _thread.get_ident()

    def install(self) -> None:
        """Hold handlers from here on, but for where they are let in; those that exist, and all that will be set."""
        self.state, self.is_in_check = _HOLD, False
        os.register_at_fork(after_in_child=self._become_main)
        # What the library's `signal` is made of.
        python: Any = __import__("_signal")
        plain_set, plain_get = python.signal, python.getsignal

        def set_handler(number: int, handler: Any) -> Any:
            return _set_by_tests(plain_set(number, _Held(self, handler) if callable(handler) else handler))

        def get_handler(number: int) -> Any:
            return _set_by_tests(plain_get(number))

        python.signal, python.getsignal = set_handler, get_handler
        # Python's own, which raises KeyboardInterrupt: _thread.interrupt_main() comes to it, too.
        set_handler(python.SIGINT, plain_get(python.SIGINT))

    def _become_main(self) -> None:
        self._main = _thread.get_ident()

    def handle(self, handler: _Handler, number: int, frame: Any) -> None:
        """Run a handler, or have it wait."""
        if self.state == _HOLD:
            self._waiting.append((handler, number, frame))
            return
        try:
            handler(number, frame)
        except BaseException as error:
            self.raised = error
            self._stop_telling()
            raise
        if self._stop_telling():
            raise HandlerRanError

    def _stop_telling(self) -> bool:
        # What is raised leaves a wait, and the next one may come before the end of the wait is noted.
        was_to_tell = self.state == _RUN_AND_TELL
        if was_to_tell:
            self.state = _HOLD
        return was_to_tell

    def check(self) -> _Switch:
        """Return a context in which they run, and within which they are let in."""
        return _Switch(self, _RUN, is_check=True)

    def hold(self) -> _Switch:
        """Return a context in which they wait."""
        return _Switch(self, _HOLD)

    def let_in(self) -> _Switch:
        """Return a context in which they run, if it is within a check; before it, those that waited."""
        return _Switch(self, _RUN)

    def wait(self) -> _Switch:
        """Return a context of the same kind for a wait, which ends with HandlerRanError when one has run.

        It may have used the program, and taken what is waited for.
        """
        return _Switch(self, _RUN_AND_TELL)

    def is_main(self) -> bool:
        """Tell whether this is the thread that runs handlers."""
        return _thread.get_ident() == self._main

    def run_waiting(self) -> None:
        """Run those that have waited, unless they are to wait on."""
        while self._waiting and self.state != _HOLD:
            self.handle(*self._waiting.pop(0))


class _Held:
    """A handler, as Python knows it."""

    def __init__(self, interrupts: Interrupts, handler: _Handler) -> None:
        self.handler = handler
        self._interrupts = interrupts

    def __call__(self, number: int, frame: Any) -> None:
        self._interrupts.handle(self.handler, number, frame)


def _set_by_tests(handler: Any) -> Any:
    return handler.handler if type(handler) is _Held else handler


class _Switch:
    def __init__(self, interrupts: Interrupts, state: int, *, is_check: bool = False) -> None:
        self._interrupts = interrupts
        self._state = state
        self._is_check = is_check
        self._before = state, is_check

    def __enter__(self) -> None:
        interrupts = self._interrupts
        if not interrupts.is_main():
            return
        self._before = interrupts.state, interrupts.is_in_check
        try:
            interrupts.is_in_check = interrupts.is_in_check or self._is_check
            interrupts.state = self._state if interrupts.is_in_check else _HOLD
            interrupts.run_waiting()
        except BaseException:
            interrupts.state, interrupts.is_in_check = self._before
            raise

    def __exit__(self, *_: object) -> None:
        if self._interrupts.is_main():
            self._interrupts.state, self._interrupts.is_in_check = self._before
            self._interrupts.run_waiting()
