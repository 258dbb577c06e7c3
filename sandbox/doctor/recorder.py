"""A backend that is the real one, and remembers which boxes it made and for how long they were there."""

import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace

from sandbox.boxes.box import Backend, Box, Stuck
from sandbox.boxspec import BoxSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One box.

    Attributes:
        box_id: Its id.
        time_ms: From asking for it until nothing of it was left.
        throttled_us: How long the kernel held it back because its quota was used up.
    """

    box_id: str
    time_ms: int
    throttled_us: int


class Recorder:
    """Wraps a backend for one job."""

    def __init__(self, backend: Backend) -> None:
        """Prepare.

        Args:
            backend: Makes the boxes; started.
        """
        self._backend = backend
        self.stays: list[Stay] = []

    @property
    def name(self) -> str:
        """The backend's."""
        return self._backend.name

    @property
    def runsc_version(self) -> str:
        """The backend's."""
        return self._backend.runsc_version

    @property
    def runsc_identity(self) -> str:
        """The backend's."""
        return self._backend.runsc_identity

    @property
    def platform(self) -> str:
        """The backend's."""
        return self._backend.platform

    @property
    def quarantine(self) -> Stuck:
        """The backend's."""
        return self._backend.quarantine

    def image_digest(self, language: str) -> str:
        """Return the backend's."""
        return self._backend.image_digest(language)

    def language_version(self, language: str) -> str:
        """Return the backend's."""
        return self._backend.language_version(language)

    async def remains(self, box_id: str) -> tuple[str, ...]:
        """Return the backend's."""
        return await self._backend.remains(box_id)

    async def start(self) -> None:
        """Do nothing: the backend was started by whoever has it."""

    async def close(self) -> None:
        """Do nothing: the backend is somebody else's."""

    def open(self, spec: BoxSpec) -> AbstractAsyncContextManager[Box]:
        """Make a box and remember it."""
        return self._open(spec)

    @asynccontextmanager
    async def _open(self, spec: BoxSpec) -> AsyncIterator[Box]:
        begun = time.monotonic()
        # What is proven is how boxes are made, and nothing shall be made beside it.
        async with self._backend.open(replace(spec, alone=True)) as box:
            yield box
            throttled_us = (await box.counters()).cpu_throttled_us
        time_ms = round((time.monotonic() - begun) * 1000)
        self.stays.append(Stay(box_id=box.id, time_ms=time_ms, throttled_us=throttled_us))
