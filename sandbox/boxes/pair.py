"""Two boxes as one: the tests in one, the program in the other, and between them frames that nobody here reads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import astuple
from typing import Self

from sandbox import wire
from sandbox.boxes.box import Box
from sandbox.boxes.counters import Counters
from sandbox.boxspec import BoxSpec


class Pair:
    """A box of tests and a box of a program, both ready. What they use counts together, and they die together."""

    def __init__(self, tests: Box, program: Box, program_frames: bytes) -> None:
        """Join them.

        Args:
            tests: Its verdict is the job's.
            program: What it says goes to the tests, and nowhere else.
            program_frames: What the program's box gets when the tests' box gets its part.
        """
        self._tests = tests
        self._program = program
        self._program_frames = program_frames
        self._from_tests = wire.FrameReader()
        # The host and the program's box both write there, and no frame may land inside another.
        self._to_tests = asyncio.Lock()
        self._over = asyncio.Event()
        self._said: bytes | None = None

    @classmethod
    @asynccontextmanager
    async def joined(cls, tests: Box, program: Box, program_frames: bytes) -> AsyncIterator[Self]:
        """Give the pair, and carry from the program to the tests meanwhile."""
        pair = cls(tests, program, program_frames)
        carrying = asyncio.create_task(pair._carry_to_tests())
        try:
            yield pair
        finally:
            carrying.cancel()
            await asyncio.gather(carrying, return_exceptions=True)

    @property
    def id(self) -> str:
        """Both names."""
        return f"{self._tests.id}+{self._program.id}"

    @property
    def restored(self) -> bool:
        """Whether both were."""
        return self._tests.restored and self._program.restored

    @property
    def waited(self) -> bool:
        """Whether both have."""
        return self._tests.waited and self._program.waited

    async def send(self, data: bytes) -> None:
        """Give both boxes their part of the job; whatever comes after it is for the tests."""
        frames, self._program_frames = self._program_frames, b""
        if frames:
            await self._program.send(frames)
        async with self._to_tests:
            await self._tests.send(data)

    async def receive(self) -> bytes:
        """Return what the tests' box says to the host; none at the end of either box."""
        while (data := await self._hear()) is not None:
            if not data:
                return b""
            if heard := await self._sorted(data):
                return heard
        said, self._said = self._said, None
        return said or b""

    async def _hear(self) -> bytes | None:
        """Return what the tests' box says next, in whatever pieces; None when the program's box has ended before."""
        hearing = asyncio.create_task(self._tests.receive())
        ended = asyncio.create_task(self._over.wait())
        try:
            await asyncio.wait({hearing, ended}, return_when=asyncio.FIRST_COMPLETED)
            return hearing.result() if hearing.done() else None
        finally:
            for task in (hearing, ended):
                task.cancel()
            await asyncio.gather(hearing, ended, return_exceptions=True)

    async def _sorted(self, data: bytes) -> bytes:
        """Send on what is for the program; return what is for the host."""
        heard = []
        try:
            for frame in self._from_tests.feed(data):
                if frame.kind == wire.CHANNEL:
                    await self._program.send(wire.encode_frame(frame.kind, frame.payload))
                else:
                    heard.append(wire.encode_frame(frame.kind, frame.payload))
        except wire.MalformedFrameError as error:
            heard.append(_violation(error))
        return b"".join(heard)

    async def _carry_to_tests(self) -> None:
        reader = wire.FrameReader()
        try:
            while data := await self._program.receive():
                for frame in reader.feed(data):
                    if not frame.payload:
                        raise wire.MalformedFrameError("a frame without a channel")  # noqa: TRY301 (one way out)
                    # Whatever its kind: the tests' box takes nothing but channels from here.
                    async with self._to_tests:
                        await self._tests.send(wire.encode_frame(wire.CHANNEL, frame.payload))
        except wire.MalformedFrameError as error:
            self._said = _violation(error)
        finally:
            self._over.set()

    async def settle(self, spec: BoxSpec) -> Counters:
        """Hold both to the limits of the job, each to all of them."""
        return _sum(await self._tests.settle(spec), await self._program.settle(spec))

    async def counters(self) -> Counters:
        """Read the counters of both."""
        return _sum(await self._tests.counters(), await self._program.counters())

    async def kill(self) -> None:
        """Kill everything in both."""
        await asyncio.gather(self._program.kill(), self._tests.kill())

    async def end(self) -> Counters:
        """Read the counters of both, then kill both."""
        return _sum(*await asyncio.gather(self._tests.end(), self._program.end()))

    async def epitaph(self) -> str:
        """Return what both left."""
        return f"tests: {await self._tests.epitaph()}; program: {await self._program.epitaph()}"


def _violation(error: wire.MalformedFrameError) -> bytes:
    return wire.encode_frame(wire.VIOLATION, f"the box broke the protocol: {error}".encode())


def _sum(one: Counters, other: Counters) -> Counters:
    """Add what two boxes used. What one of them is not told, is not known of both."""
    sums = [None if a is None or b is None else a + b for a, b in zip(astuple(one), astuple(other), strict=True)]
    return Counters(**dict(zip(Counters.__dataclass_fields__, sums, strict=True)))  # type: ignore[arg-type]
