"""Boxes that run nothing, for tests that are not about isolation.

A fake box says what its script says and counts what its script counts. There is no process behind it and no way to
start one: it cannot run a program, so it can never be mistaken for a backend with weak walls.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from sandbox.boxes.box import Box
from sandbox.boxes.counters import Counters
from sandbox.boxes.quarantine import Quarantine
from sandbox.boxspec import BoxSpec
from sandbox.errors import BackendError


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What becomes of one box. In the three texts, no bytes are the end of the box's output: it has died.

    Attributes:
        greeting: What it says before it gets a job.
        answer: What it says once it has got one.
        last_words: What is still on its way when it is killed; the end follows by itself.
        counters: One for each look at them; the last one stays.
        epitaph: How its process ended.
    """

    greeting: tuple[bytes, ...] = ()
    answer: tuple[bytes, ...] = ()
    last_words: tuple[bytes, ...] = ()
    counters: tuple[Counters, ...] = (Counters(),)
    epitaph: str = "exit 0"


class FakeBox:
    """Follows a script."""

    def __init__(self, box_id: str, script: Script) -> None:
        self.id = box_id
        self.restored = False
        self.waited = False
        self.sent = b""
        self.killed = False
        self._script = script
        self._counters = list(script.counters)
        self._output: asyncio.Queue[bytes] = asyncio.Queue()
        self._say(script.greeting)

    def _say(self, texts: Sequence[bytes]) -> None:
        for text in texts:
            self._output.put_nowait(text)

    async def send(self, data: bytes) -> None:
        """Keep the bytes, and give the scripted answer."""
        self.sent += data
        if not self.killed:
            self._say(self._script.answer)

    async def receive(self) -> bytes:
        """Return the next text of the script; wait when there is none."""
        text = await self._output.get()
        if not text:
            self._output.put_nowait(b"")
        return text

    async def settle(self, spec: BoxSpec) -> Counters:
        """Return the first of the scripted counters; there is nothing to hold to limits."""
        return await self.counters()

    async def counters(self) -> Counters:
        """Return the next of the scripted counters."""
        return self._counters.pop(0) if len(self._counters) > 1 else self._counters[0]

    async def kill(self) -> None:
        """End the output."""
        if not self.killed:
            self.killed = True
            self._say((*self._script.last_words, b""))

    async def end(self) -> Counters:
        """Read the counters, then kill."""
        counters = await self.counters()
        await self.kill()
        return counters

    async def epitaph(self) -> str:
        """Return the scripted end."""
        return self._script.epitaph


class FakeBackend:
    """Makes fake boxes: one for each script, in their order."""

    name = "fake"
    runsc_version = "none"
    runsc_identity = "none"
    platform = "none"

    def __init__(self, scripts: Sequence[Script | BackendError] = ()) -> None:
        """Prepare.

        Args:
            scripts: What becomes of each box; an error instead of a script is raised when the box is to be made.
        """
        self._scripts = list(scripts)
        self.started = False
        self.quarantine = Quarantine()
        self.specs: list[BoxSpec] = []
        self.boxes: list[FakeBox] = []
        self.boxes_open = 0

    def image_digest(self, language: str) -> str:
        """Return a digest of the name; there is no image."""
        return "sha256:" + hashlib.sha256(language.encode()).hexdigest()

    def language_version(self, language: str) -> str:
        """Return that there is none."""
        return f"no {language}"

    async def remains(self, box_id: str) -> tuple[str, ...]:
        """Return that nothing is left of it: there was nothing."""
        return ()

    async def start(self) -> None:
        """Remember that it was called."""
        self.started = True

    def open(self, spec: BoxSpec) -> AbstractAsyncContextManager[Box]:
        """Make a box that follows the next script."""
        return self._open(spec)

    @asynccontextmanager
    async def _open(self, spec: BoxSpec) -> AsyncIterator[Box]:
        self.specs.append(spec)
        if not self._scripts:
            raise RuntimeError("more boxes were asked for than there are scripts")
        script = self._scripts.pop(0)
        if isinstance(script, BackendError):
            raise script
        box = FakeBox(f"fake-{len(self.boxes)}", script)
        self.boxes.append(box)
        self.boxes_open += 1
        try:
            yield box
        finally:
            self.boxes_open -= 1
            await box.kill()

    async def close(self) -> None:
        """Remember that it was called."""
        self.started = False
