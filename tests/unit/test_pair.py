"""Two boxes as one: what goes where, what counts, and that nothing of one side can pass for the other's."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sandbox import wire
from sandbox.boxes.counters import Counters
from sandbox.boxes.fake import FakeBox, Script
from sandbox.boxes.pair import Pair

CALL = wire.encode_frame(wire.CHANNEL, b"\x01call")
ANSWER = wire.encode_frame(wire.CHANNEL, b"\x03answer")
PLAN = wire.encode_frame(wire.PLAN, wire.PLAN_BODY.pack(1))
DONE = wire.encode_frame(wire.DONE, b"")
DEAD = b""


def paired(tests: Script, program: Script, use: Callable[[Pair, FakeBox, FakeBox], Awaitable[None]]) -> None:
    async def work() -> None:
        boxes = FakeBox("t", tests), FakeBox("p", program)
        async with asyncio.timeout(60), Pair.joined(*boxes, b"the program") as pair:
            await use(pair, *boxes)

    asyncio.run(work())


async def until_sent(box: FakeBox, data: bytes) -> None:
    while box.sent != data:  # noqa: ASYNC110 (a fake box has no event)
        await asyncio.sleep(0)


def test_each_box_gets_its_own_part() -> None:
    async def use(pair: Pair, tests: FakeBox, program: FakeBox) -> None:
        await pair.send(b"the tests")
        assert (tests.sent, program.sent) == (b"the tests", b"the program")
        assert pair.id == "t+p"

    paired(Script(), Script(), use)


@pytest.mark.parametrize("pieces", [(PLAN + CALL + DONE,), (PLAN, CALL, DONE), tuple(bytes([b]) for b in PLAN + CALL)])
def test_what_the_tests_say_is_sorted(pieces: tuple[bytes, ...]) -> None:
    async def use(pair: Pair, _: FakeBox, program: FakeBox) -> None:
        heard = b""
        wanted = b"".join(pieces).replace(CALL, b"")
        while heard != wanted or not program.sent:
            heard += await pair.receive()
            assert wanted.startswith(heard)
            if heard == wanted:
                break
        # What follows the last frame for the host is read with the next one, or at the end.
        hearing = asyncio.create_task(pair.receive())
        await until_sent(program, CALL)
        hearing.cancel()

    paired(Script(greeting=pieces), Script(), use)


def test_what_the_program_says_goes_to_the_tests_alone() -> None:
    async def use(pair: Pair, tests: FakeBox, _: FakeBox) -> None:
        hearing = asyncio.create_task(pair.receive())
        await until_sent(tests, ANSWER)
        assert not hearing.done()
        hearing.cancel()

    paired(Script(), Script(greeting=(ANSWER[:3], ANSWER[3:])), use)


@pytest.mark.parametrize("kind", [wire.PLAN, wire.RESULT, wire.DONE, wire.VIOLATION])
def test_a_verdict_from_the_programs_box_is_none(kind: int) -> None:
    async def use(pair: Pair, tests: FakeBox, _: FakeBox) -> None:
        hearing = asyncio.create_task(pair.receive())
        await until_sent(tests, wire.encode_frame(wire.CHANNEL, b"\x00\x00\x00\x01"))
        assert not hearing.done()
        hearing.cancel()

    paired(Script(), Script(greeting=(wire.encode_frame(kind, b"\x00\x00\x00\x01"),)), use)


def test_bytes_that_are_no_frames_are_a_violation() -> None:
    async def use(pair: Pair, _: FakeBox, __: FakeBox) -> None:
        (frame,) = wire.FrameReader().feed(await pair.receive())
        assert frame.kind == wire.VIOLATION

    paired(Script(), Script(greeting=(b"\xff" * 5,)), use)
    paired(Script(greeting=(b"\xff" * 5,)), Script(), use)


def test_the_end_of_either_box_is_the_end() -> None:
    async def use(pair: Pair, _: FakeBox, __: FakeBox) -> None:
        assert await pair.receive() == b""

    paired(Script(greeting=(DEAD,)), Script(), use)
    paired(Script(), Script(greeting=(DEAD,)), use)


def test_what_both_use_counts() -> None:
    one = Counters(
        cpu_time_us=1, cpu_pressure_us=2, cpu_throttled_us=3, memory_bytes=4, memory_peak_bytes=5, oom_kills=6
    )
    other = Counters(
        cpu_time_us=10, cpu_pressure_us=20, cpu_throttled_us=30, memory_bytes=40, memory_peak_bytes=50, oom_kills=60
    )

    async def both(pair: Pair, _: FakeBox, __: FakeBox) -> None:
        assert await pair.counters() == Counters(
            cpu_time_us=11, cpu_pressure_us=22, cpu_throttled_us=33, memory_bytes=44, memory_peak_bytes=55, oom_kills=66
        )

    async def untold(pair: Pair, _: FakeBox, __: FakeBox) -> None:
        assert (await pair.counters()).cpu_pressure_us is None

    paired(Script(counters=(one,)), Script(counters=(other,)), both)
    paired(Script(counters=(one,)), Script(), untold)


def test_both_die() -> None:
    async def use(pair: Pair, tests: FakeBox, program: FakeBox) -> None:
        await pair.kill()
        assert tests.killed
        assert program.killed
        assert await pair.epitaph() == "tests: exit 0; program: exit 0"

    paired(Script(), Script(), use)


class SlowBox(FakeBox):
    """Takes what it is sent in two halves, as a pipe does that is full."""

    async def send(self, data: bytes) -> None:
        half = len(data) // 2
        await super().send(data[:half])
        for _ in range(10):
            await asyncio.sleep(0)
        await super().send(data[half:])


def test_no_frame_lands_inside_another() -> None:
    async def work() -> None:
        tests, program = SlowBox("t", Script()), FakeBox("p", Script(greeting=(ANSWER,) * 20))
        async with asyncio.timeout(60), Pair.joined(tests, program, b"") as pair:
            for _ in range(20):
                await pair.send(PLAN)
            while len(tests.sent) < 20 * (len(ANSWER) + len(PLAN)):  # noqa: ASYNC110 (a fake box has no event)
                await asyncio.sleep(0)
        assert [frame.kind for frame in wire.FrameReader().feed(tests.sent)].count(wire.PLAN) == 20

    asyncio.run(work())
