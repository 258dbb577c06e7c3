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


class Interrupts:
    """Whether handlers run at once, or wait; and those that wait. Of the main thread alone: no other runs them.

    Attributes:
        raised: What a handler has raised last.
    """

    def __init__(self) -> None:
        self.are_held = False
        self.is_to_tell = False
        self._waiting: list[tuple[_Handler, int, Any]] = []
        self._main = _thread.get_ident()
        self.raised: BaseException | None = None

    def install(self) -> None:
        """Hold handlers from here on, but for where they are let in; those that exist, and all that will be set."""
        self.are_held = True
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
        if self.are_held:
            self._waiting.append((handler, number, frame))
            return
        try:
            handler(number, frame)
        except BaseException as error:
            self.raised = error
            raise
        if self.is_to_tell:
            raise HandlerRanError

    def hold(self) -> _Switch:
        """Return a context in which they wait."""
        return _Switch(self, are_held=True, is_to_tell=False)

    def let_in(self, *, is_to_tell: bool = False) -> _Switch:
        """Return a context in which they run; before it, those that waited. It raises what they raise.

        Args:
            is_to_tell: To raise HandlerRanError after one that raised nothing: it may have used the program, and taken
                what is waited for.
        """
        return _Switch(self, are_held=False, is_to_tell=is_to_tell)

    def is_main(self) -> bool:
        """Tell whether this is the thread that runs handlers."""
        return _thread.get_ident() == self._main

    def run_waiting(self) -> None:
        """Run those that have waited, unless they are to wait on."""
        while self._waiting and not self.are_held:
            self.handle(*self._waiting.pop(0))


class HandlerRanError(BaseException):
    """A handler has run to its end."""


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
    def __init__(self, interrupts: Interrupts, *, are_held: bool, is_to_tell: bool) -> None:
        self._interrupts = interrupts
        self._state = self._before = are_held, is_to_tell

    def __enter__(self) -> None:
        if not self._interrupts.is_main():
            return
        self._before = self._interrupts.are_held, self._interrupts.is_to_tell
        self._interrupts.are_held, self._interrupts.is_to_tell = self._state
        try:
            self._interrupts.run_waiting()
        except BaseException:
            self._interrupts.are_held, self._interrupts.is_to_tell = self._before
            raise

    def __exit__(self, *_: object) -> None:
        if self._interrupts.is_main():
            self._interrupts.are_held, self._interrupts.is_to_tell = self._before
            self._interrupts.run_waiting()
