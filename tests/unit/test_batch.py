"""Boxes that serve several jobs: kept for their stream alone, while nothing about them is in doubt, not for long."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from sandbox import wire
from sandbox.boxes import batch as batch_module
from sandbox.boxes.batch import _GROWTH_BYTES_MAX, _LEFT_BYTES_MAX, Batch, Client, ReusedBox
from sandbox.boxes.box import Box
from sandbox.boxes.counters import Counters
from sandbox.boxspec import BoxSpec
from sandbox.errors import BackendError
from sandbox.language import load_language
from sandbox.paths import data_dir
from sandbox.policy import load_policy
from sandbox.verdict import Integrity

POLICY = load_policy(data_dir("policies") / "batch.toml")
PYTHON = load_language(data_dir("images") / "python")
SPEC = POLICY.box_for(PYTHON, POLICY.defaults)
HELD = 10 << 20
READY = wire.encode_frame(wire.READY, b"4.19.0-gvisor\x001")
RESULT = wire.encode_frame(wire.RESULT, wire.RESULT_BODY.pack(0, 1, 0))


class FakeBox:
    """Says that it is ready again when it is told to go on."""

    restored = waited = False

    def __init__(self, number: int) -> None:
        self.id = str(number)
        self.held = HELD
        self.says = [READY]
        self.error: Exception | None = None
        self.sent: list[bytes] = []
        self.killed = False

    async def send(self, data: bytes) -> None:
        self.sent.append(data)
        if self.error is not None:
            raise self.error

    async def receive(self) -> bytes:
        if not self.says:
            await asyncio.sleep(3_600)
        said = self.says.pop(0)
        if said == READY:
            self.says.append(READY)
        return said

    async def settle(self, spec: BoxSpec) -> Counters:
        return Counters(memory_bytes=self.held)

    async def counters(self) -> Counters:
        return Counters(memory_bytes=self.held)

    async def kill(self) -> None:
        self.killed = True

    async def epitaph(self) -> str:
        return ""


class Stage:
    """A batch, and the boxes that there are."""

    def __init__(self, idle_max: int) -> None:
        self.made: list[FakeBox] = []
        self.there: list[FakeBox] = []
        self.batch = Batch(self.open, idle_max=idle_max)

    @asynccontextmanager
    async def open(self, spec: BoxSpec) -> AsyncIterator[Box]:
        box = FakeBox(len(self.made))
        self.made.append(box)
        self.there.append(box)
        try:
            yield box
        finally:
            self.there.remove(box)

    async def use(
        self, client: Client | None, spec: BoxSpec = SPEC, meanwhile: Callable[[FakeBox], None] = lambda box: None
    ) -> str:
        """Run a job that comes to its own end. Returns the box's id."""
        async with self.batch.open(spec, client) as box:
            if isinstance(box, ReusedBox):
                await box.settle(spec)
                meanwhile(self.made[int(box.id)])
                box.retain()
            return box.id


def play(scene: Callable[[Stage, Client], Coroutine[Any, Any, None]], idle_max: int = 2) -> None:
    async def whole() -> None:
        stage = Stage(idle_max)
        with stage.batch.client() as client:
            await scene(stage, client)
        await stage.batch.close()
        assert stage.there == []

    asyncio.run(whole())


def test_a_box_goes_on_with_the_next_job_of_its_stream() -> None:
    async def scene(stage: Stage, client: Client) -> None:
        assert [await stage.use(client) for _ in range(3)] == ["0", "0", "0"]
        assert stage.made[0].sent == [wire.encode_frame(wire.NEXT, b"")] * 3

    play(scene)


def test_what_the_next_agent_says_is_for_the_next_job() -> None:
    async def scene(stage: Stage, client: Client) -> None:
        await stage.use(client)
        async with stage.batch.open(SPEC, client) as box:
            stage.made[0].says = [b"more"]
            assert [await box.receive(), await box.receive()] == [READY, b"more"]

    play(scene)


def test_a_box_is_made_for_whoever_may_not_share_one() -> None:
    async def scene(stage: Stage, client: Client) -> None:
        await stage.use(client)
        with stage.batch.client() as another:
            assert await stage.use(another) == "1"
        assert await stage.use(None) == "2"
        assert await stage.use(client, replace(SPEC, integrity=Integrity.SEPARATE_SANDBOX)) == "3"
        assert await stage.use(client, replace(SPEC, rules=replace(SPEC.rules, jobs_per_box=1))) == "4"
        assert await stage.use(client, replace(SPEC, limits=replace(SPEC.limits, processes_max=3))) == "5"
        assert await stage.use(client) == "0"

    play(scene, idle_max=9)


def test_two_jobs_at_once_have_two_boxes() -> None:
    async def scene(stage: Stage, client: Client) -> None:
        async with stage.batch.open(SPEC, client) as one, stage.batch.open(SPEC, client) as other:
            assert one.id != other.id

    play(scene)


def test_a_box_serves_no_more_than_the_policy_says() -> None:
    async def scene(stage: Stage, client: Client) -> None:
        spec = replace(SPEC, rules=replace(SPEC.rules, jobs_per_box=3))
        assert [await stage.use(client, spec) for _ in range(7)] == ["0", "0", "0", "1", "1", "1", "2"]

    play(scene)


DOUBTS: dict[str, Callable[[FakeBox], None]] = {
    "it ended": lambda box: setattr(box, "says", [b""]),
    "it ended in the middle of its word": lambda box: setattr(box, "says", [READY[:-1], b""]),
    "a test that was left says something first": lambda box: setattr(box, "says", [RESULT, READY]),
    "a test that was left says something then": lambda box: setattr(box, "says", [READY + RESULT]),
    "a test that was left begins to say something": lambda box: setattr(box, "says", [READY + RESULT[:1]]),
    "what it says is none of the protocol": lambda box: setattr(box, "says", [b"\xff" * 100]),
    "it cannot be told": lambda box: setattr(box, "error", BackendError("gone")),
    "it holds more than before": lambda box: setattr(box, "held", HELD + _LEFT_BYTES_MAX + 1),
    "it says nothing": lambda box: setattr(box, "says", []),
}


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_box_in_doubt_serves_no_other_job(doubt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_module, "_AGAIN_TIMEOUT_S", 0.01)

    async def scene(stage: Stage, client: Client) -> None:
        await stage.use(client)
        await stage.use(client, meanwhile=DOUBTS[doubt])
        assert stage.there == []
        assert await stage.use(client) == "1"

    play(scene)


def test_a_box_may_grow_by_its_first_job_alone() -> None:
    async def scene(stage: Stage, client: Client) -> None:
        grown = HELD + _GROWTH_BYTES_MAX
        for held, box in (
            (grown, "0"),
            (grown + _LEFT_BYTES_MAX, "0"),
            (grown + _LEFT_BYTES_MAX + 1, "0"),
            (HELD, "1"),
        ):
            assert await stage.use(client, meanwhile=lambda fake, held=held: setattr(fake, "held", held)) == box

    play(scene)


def test_nor_does_one_that_was_killed_or_not_said_to_be_good() -> None:
    async def scene(stage: Stage, client: Client) -> None:
        async with stage.batch.open(SPEC, client) as box:
            assert isinstance(box, ReusedBox)
            box.retain()
            await box.kill()
        async with stage.batch.open(SPEC, client) as box:
            await box.settle(SPEC)
        assert await stage.use(client) == "2"
        assert [box.sent for box in stage.made[:2]] == [[], []]

    play(scene)


def test_a_word_may_come_in_pieces() -> None:
    async def scene(stage: Stage, client: Client) -> None:
        await stage.use(client, meanwhile=lambda box: setattr(box, "says", [READY[:3], READY[3:]]))
        async with stage.batch.open(SPEC, client) as box:
            assert (box.id, await box.receive()) == ("0", READY)

    play(scene)


def test_a_box_is_gone_too_when_something_of_ours_fails() -> None:
    async def scene(stage: Stage, client: Client) -> None:
        with pytest.raises(RuntimeError):
            await stage.use(client, meanwhile=lambda box: setattr(box, "error", RuntimeError("a bug")))
        assert stage.there == []

    play(scene)


def test_a_job_that_is_cancelled_takes_its_box_with_it() -> None:
    async def scene(stage: Stage, client: Client) -> None:
        async def job() -> None:
            async with stage.batch.open(SPEC, client):
                await asyncio.sleep(3_600)

        task = asyncio.create_task(job())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (len(stage.made), stage.there) == (1, [])

    play(scene)


def test_boxes_go_with_their_stream() -> None:
    async def scene(stage: Stage, client: Client) -> None:
        await stage.use(client)
        with stage.batch.client() as another:
            await stage.use(another)
            opened = stage.batch.open(SPEC, another)
            await opened.__aenter__()
        await asyncio.sleep(0.01)
        assert [box.id for box in stage.there] == ["0", "1"]
        await opened.__aexit__(None, None, None)
        assert [box.id for box in stage.there] == ["0"]

    play(scene)


def test_boxes_do_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_module, "IDLE_S", 0)

    async def scene(stage: Stage, client: Client) -> None:
        await stage.use(client)
        await asyncio.sleep(0.01)
        assert stage.there == []

    play(scene)


def test_of_many_boxes_that_wait_the_oldest_goes() -> None:
    async def scene(stage: Stage, client: Client) -> None:
        kinds = [replace(SPEC, limits=replace(SPEC.limits, processes_max=number)) for number in (1, 2, 3)]
        for kind in kinds:
            await stage.use(client, kind)
        await asyncio.sleep(0.01)
        assert [box.id for box in stage.there] == ["1", "2"]

    play(scene)


def test_beside_a_run_alone_there_is_none() -> None:
    async def scene(stage: Stage, client: Client) -> None:
        await stage.use(client)
        async with stage.batch.open(replace(SPEC, alone=True), client) as box:
            assert [box.id for box in stage.there] == [box.id]
        assert stage.there == []

    play(scene)
