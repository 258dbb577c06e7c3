"""`caplog`: what was logged while a check ran."""

from __future__ import annotations

import contextlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator
    from typing import Any


class LogCaptureFixture:
    """`caplog`: the records that reached the root logger, and levels that are put back after the check.

    Attributes:
        records: What was logged.
    """

    def __init__(self) -> None:
        self.shown = self
        self.records: list[logging.LogRecord] = []
        self._logging: Any = __import__("logging")
        self.handler = self._logging.Handler()
        self.handler.emit = self.records.append
        self._logging.getLogger().addHandler(self.handler)
        self._undo: list[Callable[[], Any]] = []

    @property
    def messages(self) -> list[str]:
        """The text of each record."""
        return [record.getMessage() for record in self.records]

    @property
    def record_tuples(self) -> list[tuple[str, int, str]]:
        """The logger, the level and the text of each record."""
        return [(record.name, record.levelno, record.getMessage()) for record in self.records]

    @property
    def text(self) -> str:
        """All records as lines, of level, logger and text."""
        return "".join(f"{record.levelname:8} {record.name} {record.getMessage()}\n" for record in self.records)

    def clear(self) -> None:
        """Forget what was logged so far."""
        self.records.clear()

    def set_level(self, level: int | str, logger: str | None = None) -> None:
        """Set the level of a logger, or of the root one, until the check is over."""
        chosen = self._logging.getLogger(logger)
        before = chosen.level
        self._undo.append(lambda: chosen.setLevel(before))
        chosen.setLevel(level)

    @contextlib.contextmanager
    def at_level(self, level: int | str, logger: str | None = None) -> Iterator[None]:
        """Set a level within a context."""
        self.set_level(level, logger)
        try:
            yield
        finally:
            self._undo.pop()()

    def undo(self) -> None:
        """Put everything back."""
        self._logging.getLogger().removeHandler(self.handler)
        while self._undo:
            self._undo.pop()()
