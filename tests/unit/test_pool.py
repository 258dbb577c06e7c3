"""Boxes that wait: made for kinds that are asked for, while a core is free, given once, and gone when nobody asks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from sandbox.boxes.box import Box
from sandbox.boxes.counters import Counters
from sandbox.boxes.pool import _ASKED_BEFORE, _KEPT_S, _KINDS_MAX, _RETRY_S, Pool
from sandbox.boxspec import BoxSpec
from sandbox.errors import BackendError
from sandbox.language import load_language
from sandbox.paths import data_dir
from sandbox.policy import load_policy

POLICY = load_policy(data_dir("policies") / "default.toml")
PYTHON = load_language(data_dir("images") / "python")
SPEC = POLICY.box_for(PYTHON, POLICY.defaults)


def test_how_long_a_job_may_take_makes_no_kind() -> None:
    async def scene(stage: Stage) -> None:
        for number in range(_ASKED_BEFORE):
            await stage.use(replace(SPEC, limits=replace(SPEC.limits, wall_time_ms=SPEC.limits.wall_time_ms + number)))
        assert stage.pool.ready == 2

    play(scene)


def test_a_fill_that_is_given_up_before_it_begins_is_not_counted_for_ever() -> None:
    async def scene(stage: Stage) -> None:
        await stage.use(times=_ASKED_BEFORE - 1)
        async with stage.pool.open(replace(SPEC, alone=True)):
            await stage.use()
            assert stage.pool.ready == 0
        # Its end has just begun to fill; another one begins in the same turn.
        async with stage.pool.open(replace(SPEC, alone=True)):
            pass
        await settle()
        assert stage.pool.ready == 2

    play(scene)


@pytest.mark.parametrize("error", [BackendError("no"), RuntimeError("no")])
def test_a_fill_that_fails_is_not_tried_again_at_once(error: Exception) -> None:
    async def scene(stage: Stage) -> None:
        await stage.use(times=_ASKED_BEFORE - 1)
        async with stage.pool.open(SPEC):
            stage.fails = error
        await settle()
        stage.fails = None
        made = len(stage.made)
        await settle()
        assert (stage.pool.ready, len(stage.made)) == (0, made)

    assert len([line for line in play(scene) if line["event"] == "no box could be made ready"]) <= 2


def test_a_kind_that_is_forgotten_while_it_is_filled_leaves_nothing() -> None:
    async def scene(stage: Stage) -> None:
        await stage.use(times=_ASKED_BEFORE - 1)
        stage.speaks = False
        await stage.use()
        late = list(stage.open_now)
        assert len(late) == 2
        for number in range(1, _KINDS_MAX + 1):
            await stage.use(kind(number))
        for box in late:
            box.word.set()
        await settle()
        assert stage.open_now == []

    play(scene)


def test_a_box_that_waits_is_not_given_up_for_one_that_has_no_room() -> None:
    async def scene(stage: Stage) -> None:
        await stage.use(times=_ASKED_BEFORE)
        stage.room = False
        await stage.use(kind(1), times=_ASKED_BEFORE)
        assert stage.pool.ready == 2

    play(scene)


def kind(number: int) -> BoxSpec:
    return replace(SPEC, limits=replace(SPEC.limits, memory_bytes=SPEC.limits.memory_bytes + number))


class StandIn:
    """A box that is ready when it is told to be, and dies when it is told to."""

    restored = False
    waited = False

    def __init__(self, name: str, spec: BoxSpec) -> None:
        self.id, self.spec = name, spec
        self.has_ended = False
        self.word = asyncio.Event()

    async def wait_for_word(self) -> None:
        await self.word.wait()

    async def send(self, data: bytes) -> None: ...
    async def receive(self) -> bytes:
        return b""

    async def settle(self, spec: BoxSpec) -> Counters:
        return Counters()

    async def counters(self) -> Counters:
        return Counters()

    async def kill(self) -> None: ...
    async def epitaph(self) -> str:
        return ""


class Stage:
    """A pool, the boxes behind it, and a clock."""

    def __init__(self, *, ready_max: int = 2, cores: int = 2) -> None:
        self.now = 1_000.0
        self.room = True
        self.speaks = True
        self.fails: Exception | None = None
        self.made: list[StandIn] = []
        self.open_now: list[StandIn] = []
        self.pool = Pool(
            self.make,
            ready_max=ready_max,
            cores=cores,
            has_room=lambda _: self.room,
            clock=lambda: self.now,
        )

    def make(self, spec: BoxSpec) -> AbstractAsyncContextManager[Box]:
        return self._make(spec)

    @asynccontextmanager
    async def _make(self, spec: BoxSpec) -> AsyncIterator[Box]:
        if self.fails is not None:
            raise self.fails
        box = StandIn(f"box-{len(self.made)}", spec)
        if self.speaks:
            box.word.set()
        self.made.append(box)
        self.open_now.append(box)
        try:
            yield box
        finally:
            self.open_now.remove(box)

    async def use(self, spec: BoxSpec = SPEC, times: int = 1) -> list[str]:
        """Have jobs one after the other, each given a box that it leaves at once."""
        names = []
        for _ in range(times):
            async with self.pool.open(spec) as box:
                names.append(box.id)
            await settle()
        return names


async def settle() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


def play(scene: Callable[[Stage], Coroutine[Any, Any, None]], **settings: int) -> list[Any]:
    """Play a scene; in the end nothing may be left. Returns what was logged."""

    async def run() -> None:
        stage = Stage(**settings)
        await scene(stage)
        await stage.pool.close()
        assert stage.open_now == []
        assert stage.pool.ready == 0
        assert [kind.filling for kind in stage.pool._kinds.values() if kind.filling] == []

    with capture_logs() as logged:
        asyncio.run(run())
    return list(logged)


def test_a_kind_that_is_asked_for_again_and_again_is_kept_ready() -> None:
    async def scene(stage: Stage) -> None:
        await stage.use(times=_ASKED_BEFORE - 1)
        assert stage.pool.ready == 0
        await stage.use()
        assert stage.pool.ready == 2
        made = len(stage.made)

        async with stage.pool.open(SPEC) as box:
            # It was there before it was asked for.
            assert box in stage.made[:made]

    play(scene)


def test_no_box_is_given_twice() -> None:
    async def scene(stage: Stage) -> None:
        names = await stage.use(times=20)
        assert len(set(names)) == 20
        async with AsyncExitStack() as stack:
            boxes = [await stack.enter_async_context(stage.pool.open(SPEC)) for _ in range(10)]
            assert len({box.id for box in boxes} | set(names)) == 30

    play(scene)


def test_the_one_that_has_waited_longest_goes_first() -> None:
    async def scene(stage: Stage) -> None:
        await stage.use(times=_ASKED_BEFORE)
        oldest = stage.made[-2]
        async with stage.pool.open(SPEC) as box:
            assert box is oldest

    play(scene)


def test_none_is_made_while_no_core_is_free() -> None:
    async def scene(stage: Stage) -> None:
        await stage.use(times=_ASKED_BEFORE - 1)
        async with stage.pool.open(SPEC):
            await settle()
            assert stage.pool.ready == 0
            assert len(stage.open_now) == 1
        await settle()
        assert stage.pool.ready == 2

    play(scene, cores=1)


def test_there_are_never_more_than_allowed() -> None:
    async def scene(stage: Stage) -> None:
        for number in range(5):
            await stage.use(kind(number), times=_ASKED_BEFORE + 1)
            assert stage.pool.ready <= 3
            assert len(stage.open_now) <= 3

    play(scene, ready_max=3)


def test_a_new_kind_gets_its_share_and_an_old_one_makes_room() -> None:
    async def scene(stage: Stage) -> None:
        await stage.use(kind(0), times=_ASKED_BEFORE)
        assert [box.spec for box in stage.open_now] == [kind(0)] * 2
        stage.now += 1
        await stage.use(kind(1), times=_ASKED_BEFORE)
        assert sorted(box.spec.limits.memory_bytes for box in stage.open_now) == sorted(
            spec.limits.memory_bytes for spec in (kind(0), kind(1))
        )

    play(scene)


def test_what_nobody_asks_for_goes_away() -> None:
    async def scene(stage: Stage) -> None:
        await stage.use(times=_ASKED_BEFORE)
        assert stage.pool.ready == 2
        stage.now += _KEPT_S + 1
        # The timer's doing, without waiting for it.
        stage.pool._tend()
        await settle()
        assert stage.pool.ready == 0
        assert stage.open_now == []

    play(scene)


def test_kinds_are_forgotten_before_they_fill_the_memory() -> None:
    async def scene(stage: Stage) -> None:
        for number in range(3 * _KINDS_MAX):
            await stage.use(kind(number))
        assert len(stage.pool._kinds) == _KINDS_MAX

    play(scene)


def test_a_run_alone_has_a_box_that_did_not_wait_and_nothing_beside() -> None:
    async def scene(stage: Stage) -> None:
        await stage.use(times=_ASKED_BEFORE)
        waiting = list(stage.open_now)
        async with stage.pool.open(replace(SPEC, alone=True)) as box:
            assert box not in waiting
            async with stage.pool.open(SPEC):
                await settle()
            await settle()
            # One was taken, and none was made in its place.
            assert stage.pool.ready == 1
        await settle()
        assert stage.pool.ready == 2

    play(scene)


def test_what_is_being_made_is_given_up_for_a_run_alone() -> None:
    async def scene(stage: Stage) -> None:
        await stage.use(times=_ASKED_BEFORE - 1)
        stage.speaks = False
        await stage.use()
        assert len(stage.open_now) == 2
        async with stage.pool.open(replace(SPEC, alone=True)) as box:
            assert stage.open_now == [box]

    play(scene)


def test_a_box_that_died_while_it_waited_is_given_to_nobody() -> None:
    async def scene(stage: Stage) -> None:
        await stage.use(times=_ASKED_BEFORE)
        dead, alive = stage.open_now
        dead.has_ended = True
        async with stage.pool.open(SPEC) as box:
            assert box is alive
        await settle()
        assert dead not in stage.open_now

    logged = play(scene)
    assert [line["box"] for line in logged if "died while it waited" in line["event"]] != []


def test_after_a_failure_there_is_a_pause() -> None:
    async def scene(stage: Stage) -> None:
        await stage.use(times=_ASKED_BEFORE - 1)
        async with stage.pool.open(SPEC):
            stage.fails = BackendError("no")
        await settle()
        stage.fails = None
        await stage.use()
        assert stage.pool.ready == 0
        # Two failed.
        stage.now += 2 * _RETRY_S + 0.1
        await stage.use()
        assert stage.pool.ready == 2

    assert any(line["event"] == "no box could be made ready" for line in play(scene))


def test_without_room_nothing_waits() -> None:
    async def scene(stage: Stage) -> None:
        stage.room = False
        await stage.use(times=3 * _ASKED_BEFORE)
        assert stage.pool.ready == 0

    play(scene)


def test_a_job_that_is_cancelled_takes_its_box_with_it() -> None:
    async def scene(stage: Stage) -> None:
        await stage.use(times=_ASKED_BEFORE)

        async def job() -> None:
            async with stage.pool.open(SPEC):
                await asyncio.sleep(3_600)

        taken = stage.open_now[0]
        task = asyncio.create_task(job())
        await settle()
        assert taken in stage.open_now
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await settle()
        assert taken not in stage.open_now

    play(scene)


def test_nothing_is_made_beside_a_job_that_has_just_begun_unless_it_goes_on() -> None:
    async def scene(stage: Stage) -> None:
        await stage.use(times=_ASKED_BEFORE)
        async with stage.pool.open(SPEC):
            await settle()
            assert stage.pool.ready == 1
            async with asyncio.timeout(60):
                while stage.pool.ready < 2:  # noqa: ASYNC110 (the pool tells nobody)
                    await asyncio.sleep(0.01)

    play(scene)


def test_closing_destroys_what_waits_and_what_is_being_made() -> None:
    async def scene(stage: Stage) -> None:
        await stage.use(times=_ASKED_BEFORE - 1)
        stage.speaks = False
        await stage.use()
        assert len(stage.open_now) == 2

    play(scene)


def test_a_kind_is_one_whether_or_not_a_job_runs_alone() -> None:
    assert replace(SPEC, alone=True) == SPEC
    assert hash(replace(SPEC, alone=True)) == hash(SPEC)
    assert kind(1) != SPEC


@pytest.mark.parametrize("text", ["some avg10=12.50 avg60=1.00 avg300=0.00 total=1\n", "", "nonsense"])
def test_pressure_is_what_the_kernel_says_or_none(text: str, tmp_path: Any) -> None:
    from sandbox.host import cpu_pressure_percent

    (tmp_path / "pressure").mkdir()
    (tmp_path / "pressure" / "cpu").write_text(text)
    assert cpu_pressure_percent(tmp_path) == (12.5 if text.startswith("some") else 0.0)
