"""The clocks of a job, on a clock that jumps: what stops a box and when, and what does not count against it."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import watch as watch_module
from sandbox.boxes.counters import Counters
from sandbox.boxspec import BoxRules, BoxSpec
from sandbox.limits import Limits
from sandbox.outcome import Stop, StoppedBy
from sandbox.seccomp.profile import Action, Profile, Rule
from sandbox.seccomp.roles import RoleFilters
from sandbox.watch import Watch, starved_us

HOUR_MS = 3_600_000
LOOK_US = round(watch_module._LOOK_MIN_S * 1_000_000)
# Times of the loop are in seconds, as floating point numbers.
ROUNDING_US = 5
LIMITS = Limits(
    cpu_time_ms=HOUR_MS,
    wall_time_ms=HOUR_MS,
    memory_bytes=1,
    processes_max=1,
    open_files_max=1,
    disk_bytes=1,
    output_bytes=1,
    test_cpu_time_ms=HOUR_MS,
    test_wall_time_ms=HOUR_MS,
)
RULES = BoxRules(
    cpu_quota_percent=100,
    wall_time_hard_percent=1_000,
    overhead_memory_bytes=1,
    host_tasks_max=1,
    shm_bytes=1,
    output_hard_bytes=1,
    uid=1,
    gid=1,
    start_timeout_ms=1,
    jobs_per_box=1,
)

PROFILE = Profile(default=Action.ERRNO, rules=(Rule(names=("read", "write"), action=Action.ALLOW),))
FILTERS = RoleFilters(program=b"p" * 8, tests=b"t" * 16)


def spec(*, cpu_quota_percent: int = 100, wall_time_hard_percent: int = 1_000, **limits: int) -> BoxSpec:
    rules = replace(RULES, cpu_quota_percent=cpu_quota_percent, wall_time_hard_percent=wall_time_hard_percent)
    return BoxSpec(
        policy="default",
        policy_digest="sha256:policy",
        language="x",
        command=(),
        environment=(),
        limits=replace(LIMITS, **limits),
        rules=rules,
        system_calls=PROFILE,
        filters=FILTERS,
    )


class JumpingSelector(selectors.DefaultSelector):
    """Time passes only when everybody waits, and then all at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 1_000.0

    def select(self, timeout: float | None = None) -> Any:
        assert timeout is not None, "nobody waits for anything that will come"
        self.now_s += max(0.0, timeout)
        return super().select(0)


Play = Callable[["Scene"], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Load:
    """What goes on in a box and around it: so much for each second on the clock."""

    cpu: float = 0.0
    pressure: float | None = 0.0
    throttled: float = 0.0


class Scene:
    """A box under a load, its watch, and the clock."""

    def __init__(self, load: Load, box_spec: BoxSpec, selector: JumpingSelector) -> None:
        self._selector = selector
        self._begun_us = self.now_us()
        self.load = load
        self.looks = 0
        self.killed_at_us: int | None = None
        self.watch = Watch(self, box_spec, self._counters())  # type: ignore[arg-type]

    def now_us(self) -> int:
        return round(self._selector.now_s * 1_000_000)

    def elapsed_us(self) -> int:
        return self.now_us() - self._begun_us

    def _counters(self) -> Counters:
        elapsed, load = self.elapsed_us(), self.load
        # None of them begins at zero: what was before the job is not the job's.
        return Counters(
            cpu_time_us=7_000_000 + round(load.cpu * elapsed),
            cpu_pressure_us=None if load.pressure is None else 8_000_000 + round(load.pressure * elapsed),
            cpu_throttled_us=9_000_000 + round(load.throttled * elapsed),
        )

    async def counters(self) -> Counters:
        self.looks += 1
        return self._counters()

    async def kill(self) -> None:
        assert self.killed_at_us is None
        assert self.watch.stop is not None, "why must be written down before the kill"
        self.killed_at_us = self.elapsed_us()


def play(scene_play: Play, load: Load, box_spec: BoxSpec) -> Scene:
    """Play a scene to its end, on its own clock."""
    selector = JumpingSelector()

    def loop_factory() -> asyncio.AbstractEventLoop:
        loop = asyncio.SelectorEventLoop(selector)
        loop.time = lambda: selector.now_s  # type: ignore[method-assign]
        return loop

    async def work() -> Scene:
        scene = Scene(load, box_spec, selector)
        await scene_play(scene)
        return scene

    with pytest.MonkeyPatch.context() as patch, asyncio.Runner(loop_factory=loop_factory) as runner:
        patch.setattr(watch_module, "_now_us", lambda: round(selector.now_s * 1_000_000))
        return runner.run(work())


async def until_stopped(scene: Scene) -> None:
    await scene.watch.stop_when_due()


def stopped(load: Load, box_spec: BoxSpec, scene_play: Play = until_stopped) -> tuple[Stop, int]:
    """Return why the box was killed, and when."""
    scene = play(scene_play, load, box_spec)
    assert scene.watch.stop is not None
    assert scene.killed_at_us is not None
    return scene.watch.stop, scene.killed_at_us


def is_soon_after(moment_us: int, due_us: float) -> bool:
    return due_us - ROUNDING_US <= moment_us <= due_us + LOOK_US + ROUNDING_US


# Starvation, from two readings.


@pytest.mark.parametrize(
    ("before", "after", "starved"),
    [
        (Counters(), Counters(), None),
        (Counters(cpu_pressure_us=0), Counters(), None),
        (Counters(), Counters(cpu_pressure_us=5), None),
        (Counters(cpu_pressure_us=0), Counters(cpu_pressure_us=0), 0),
        (Counters(cpu_pressure_us=3), Counters(cpu_pressure_us=10), 7),
        # Its own quota is its own doing, and only what it waited for since counts.
        (Counters(cpu_pressure_us=3), Counters(cpu_pressure_us=10, cpu_throttled_us=4), 3),
        (Counters(cpu_pressure_us=3, cpu_throttled_us=4), Counters(cpu_pressure_us=10, cpu_throttled_us=4), 7),
        # Throttling is counted for each core, so that it can be more than there is to explain.
        (Counters(cpu_pressure_us=3), Counters(cpu_pressure_us=10, cpu_throttled_us=8), 0),
    ],
)
def test_starvation_is_the_wait_for_others(before: Counters, after: Counters, starved: int | None) -> None:
    assert starved_us(before, after) == starved


# The whole job.


@pytest.mark.parametrize(
    ("load", "due_us"), [(Load(cpu=1.0), 100_000), (Load(cpu=0.5), 200_000), (Load(cpu=0.1), 1_000_000)]
)
def test_cpu_time_above_the_limit_stops(load: Load, due_us: int) -> None:
    stop, killed_at_us = stopped(load, spec(cpu_time_ms=100))
    assert is_soon_after(killed_at_us, due_us)
    assert (stop.by, stop.limit_name, stop.limit) == (StoppedBy.CPU_TIME, "cpu_time_ms", 100)
    assert stop.value == -(-round(load.cpu * killed_at_us) // 1_000)
    assert stop.value > 100


@pytest.mark.parametrize("percent", [50, 100, 150, 400])
def test_cpu_time_grows_as_fast_as_the_quota_lets_it(percent: int) -> None:
    stop, killed_at_us = stopped(Load(cpu=percent / 100), spec(cpu_time_ms=600, cpu_quota_percent=percent))
    assert stop.by is StoppedBy.CPU_TIME
    assert is_soon_after(killed_at_us, 60_000_000 / percent)


def test_wall_time_stops_a_sleeper_on_time_and_hardly_looks() -> None:
    scene = play(until_stopped, Load(), spec(wall_time_ms=700))
    assert scene.watch.stop == Stop(by=StoppedBy.WALL_TIME, limit_name="wall_time_ms", limit=700, value=700)
    assert scene.killed_at_us is not None
    assert is_soon_after(scene.killed_at_us, 700_000)
    # A quarter of a second apart, to ask for pressure.
    assert scene.looks <= 5


@pytest.mark.parametrize(
    ("load", "pause_s"),
    [
        (Load(pressure=0.0), watch_module._LOOK_CALM_S),
        (Load(cpu=0.5, pressure=0.5), watch_module._LOOK_PRESSED_S),
        # Its own quota is no pressure by others.
        (Load(cpu=0.5, pressure=0.5, throttled=0.5), watch_module._LOOK_CALM_S),
        # There is nothing to ask for: only the limits themselves say when to look.
        (Load(pressure=None), 10.0),
    ],
)
def test_pressure_is_asked_for_the_oftener_the_more_there_is(load: Load, pause_s: float) -> None:
    scene = play(until_stopped, load, spec(wall_time_ms=10_000))
    assert scene.killed_at_us is not None
    expected = scene.killed_at_us / 1_000_000 / pause_s
    # One more at the beginning and one at the end, where a limit is near.
    assert expected * 0.95 <= scene.looks <= expected * 1.05 + 3


def test_time_in_which_others_had_the_cpu_does_not_count() -> None:
    # It gets a CPU for a quarter of the time, so that the same work takes four times as long.
    stop, killed_at_us = stopped(Load(cpu=0.25, pressure=0.75), spec(wall_time_ms=700))
    assert is_soon_after(killed_at_us, 2_800_000)
    assert (stop.by, stop.limit_name, stop.limit) == (StoppedBy.WALL_TIME, "wall_time_ms", 700)
    # What was measured, in the same unit: without what does not count.
    assert 700 <= stop.value <= 700 + LOOK_US // 1_000


def test_the_wait_for_its_own_quota_counts() -> None:
    # Threads that want more than the box may have.
    load = Load(cpu=1.0, pressure=0.8, throttled=0.8)
    assert is_soon_after(stopped(load, spec(wall_time_ms=700))[1], 700_000)
    # And only that part of the wait.
    load = Load(cpu=0.5, pressure=0.8, throttled=0.3)
    assert is_soon_after(stopped(load, spec(wall_time_ms=700))[1], 1_400_000)


def test_where_the_kernel_does_not_tell_all_time_counts() -> None:
    assert is_soon_after(stopped(Load(cpu=0.25, pressure=None), spec(wall_time_ms=700))[1], 700_000)


@pytest.mark.parametrize(("percent", "due_us"), [(100, 700_000), (250, 1_750_000), (1_000, 7_000_000)])
def test_what_does_not_count_has_an_end(percent: int, due_us: int) -> None:
    load = Load(cpu=0.0, pressure=1.0)
    stop, killed_at_us = stopped(load, spec(wall_time_ms=700, wall_time_hard_percent=percent))
    assert is_soon_after(killed_at_us, due_us)
    assert stop.by is StoppedBy.WALL_TIME
    assert (stop.limit_name, stop.limit) == ("wall_time_hard_ms", due_us // 1_000)
    assert stop.limit <= stop.value <= stop.limit + LOOK_US // 1_000


def test_cpu_time_comes_before_wall_time() -> None:
    # Both at the same look: the cause that does not depend on the machine is the one to name.
    stop, _ = stopped(Load(cpu=2.0), spec(cpu_time_ms=700, wall_time_ms=700, cpu_quota_percent=100))
    assert stop.by is StoppedBy.CPU_TIME


@dataclass(frozen=True, kw_only=True)
class Situation:
    """A quota, limits, and a load that the quota allows."""

    cores_percent: int
    cpu_share: float
    pressure: float | None
    throttled_share: float
    cpu_ms: int
    wall_ms: int
    hard_percent: int

    @property
    def load(self) -> Load:
        return Load(
            cpu=self.cpu_share * self.cores_percent / 100,
            pressure=self.pressure,
            throttled=self.throttled_share * (self.pressure or 0.0),
        )

    @property
    def spec(self) -> BoxSpec:
        return spec(
            cpu_time_ms=self.cpu_ms,
            wall_time_ms=self.wall_ms,
            cpu_quota_percent=self.cores_percent,
            wall_time_hard_percent=self.hard_percent,
        )


SITUATIONS = st.builds(
    Situation,
    cores_percent=st.integers(10, 400),
    cpu_share=st.floats(0, 1),
    pressure=st.none() | st.floats(0, 1),
    throttled_share=st.floats(0, 1),
    cpu_ms=st.integers(1, 2_000),
    wall_ms=st.integers(1, 2_000),
    hard_percent=st.integers(100, 1_000),
)


@given(SITUATIONS)
def test_whatever_comes_first_stops_and_at_once(situation: Situation) -> None:
    load = situation.load
    stop, killed_at_us = stopped(load, situation.spec)
    # What is counted of each second, and how much of it makes the limit.
    rates = {
        "cpu_time_ms": load.cpu,
        "wall_time_ms": 1.0 - ((load.pressure or 0.0) - load.throttled),
        "wall_time_hard_ms": 1.0,
    }
    limits_us = {
        "cpu_time_ms": situation.cpu_ms * 1_000,
        "wall_time_ms": situation.wall_ms * 1_000,
        "wall_time_hard_ms": situation.wall_ms * situation.hard_percent // 100 * 1_000,
    }
    due_us = {name: limits_us[name] / rate for name, rate in rates.items() if rate > 0}
    first = min(due_us, key=lambda name: due_us[name])
    # Not a moment too early, and no later than the next look. A microsecond that is rounded away is made up for slowly
    # where little is counted.
    assert killed_at_us >= due_us[stop.limit_name] - ROUNDING_US * (1 + 1 / rates[stop.limit_name])
    assert killed_at_us <= due_us[first] + LOOK_US + ROUNDING_US * (1 + 1 / rates[first])
    assert stop.value >= stop.limit == limits_us[stop.limit_name] // 1_000


# Each test.


def each_takes(*durations_ms: int) -> Play:
    """Tests one after another, each so long, and after them nothing more; the watch looks on."""

    async def scene_play(scene: Scene) -> None:
        watching = asyncio.create_task(scene.watch.stop_when_due())
        for duration_ms in durations_ms:
            await asyncio.sleep(duration_ms / 1_000)
            await scene.watch.next_test()
        await watching

    return scene_play


def test_the_clock_of_tests_starts_anew_with_each() -> None:
    # Twelve tests, each below its limit; together they come to the job's.
    box_spec = spec(cpu_time_ms=1_000, test_cpu_time_ms=100)
    stop, killed_at_us = stopped(Load(cpu=1.0), box_spec, each_takes(*[90] * 12))
    assert (stop.by, stop.limit_name, stop.limit) == (StoppedBy.CPU_TIME, "cpu_time_ms", 1_000)
    assert is_soon_after(killed_at_us, 1_000_000)


@pytest.mark.parametrize(
    ("limits", "by", "name", "due_us"),
    [
        # Two tests of 90 ms, and one without end.
        ({"test_cpu_time_ms": 100}, StoppedBy.CPU_TIME, "test_cpu_time_ms", 280_000),
        ({"test_wall_time_ms": 150}, StoppedBy.WALL_TIME, "test_wall_time_ms", 330_000),
        ({"test_cpu_time_ms": 200, "test_wall_time_ms": 150}, StoppedBy.WALL_TIME, "test_wall_time_ms", 330_000),
    ],
)
def test_a_test_above_its_limit_stops_the_box(limits: dict[str, int], by: StoppedBy, name: str, due_us: int) -> None:
    stop, killed_at_us = stopped(Load(cpu=1.0), spec(**limits), each_takes(90, 90))
    assert (stop.by, stop.limit_name, stop.limit) == (by, name, limits[name])
    assert is_soon_after(killed_at_us, due_us)
    assert stop.value >= stop.limit


def test_loading_is_one_more_test() -> None:
    stop, killed_at_us = stopped(Load(cpu=1.0), spec(test_cpu_time_ms=100), each_takes())
    assert stop.limit_name == "test_cpu_time_ms"
    assert is_soon_after(killed_at_us, 100_000)


def test_starvation_does_not_count_against_a_test_either_up_to_its_own_end() -> None:
    load = Load(cpu=0.25, pressure=0.75)
    assert is_soon_after(stopped(load, spec(test_wall_time_ms=100), each_takes())[1], 400_000)
    stop, killed_at_us = stopped(Load(pressure=1.0), spec(test_wall_time_ms=100), each_takes(900))
    # The second test began at 900 ms, and ten times its limit is the end.
    assert is_soon_after(killed_at_us, 1_900_000)
    assert (stop.limit_name, stop.limit) == ("wall_time_hard_ms", 1_000)


def used(*cpu_time_us: int) -> Sequence[Counters]:
    return [Counters(cpu_time_us=each) for each in cpu_time_us]


class Box:
    """A box that is looked at as often as there are readings."""

    def __init__(self, readings: Sequence[Counters]) -> None:
        self._readings = list(readings)
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.kills = 0
        self.restored = False
        self.waited = False

    async def counters(self) -> Counters:
        reading = self._readings.pop(0)
        await self.may_answer.wait()
        return reading

    async def kill(self) -> None:
        self.kills += 1

    @property
    def unread(self) -> int:
        return len(self._readings)


def with_box(box_spec: BoxSpec, readings: Sequence[Counters], work: Callable[[Watch, Box], Awaitable[None]]) -> None:
    async def main() -> None:
        box = Box(readings)
        await work(Watch(box, box_spec, Counters(cpu_time_us=50)), box)  # type: ignore[arg-type]
        assert box.unread == 0

    asyncio.run(main())


def test_a_test_is_found_above_its_limit_when_it_has_ended() -> None:
    async def work(watch: Watch, box: Box) -> None:
        await watch.next_test()
        assert (watch.stop, box.kills) == (None, 0)
        await watch.next_test()
        expected = Stop(by=StoppedBy.CPU_TIME, limit_name="test_cpu_time_ms", limit=1, value=2)
        assert (watch.stop, box.kills) == (expected, 1)
        # It stays so, whatever comes then.
        await watch.next_test()
        assert (watch.stop, box.kills) == (expected, 1)
        assert watch.at_the_end(Counters(cpu_time_us=10**12)) == expected

    with_box(spec(test_cpu_time_ms=1), used(1_050, 2_051), work)


@pytest.mark.parametrize(
    ("ended", "used_us", "value"), [(1, 1_000, None), (1, 1_001, 2), (3, 3_000, None), (3, 3_001, 2), (3, 9_000, 3)]
)
def test_tests_that_nobody_told_apart_are_judged_by_their_average(ended: int, used_us: int, value: int | None) -> None:
    async def work(watch: Watch, box: Box) -> None:
        await watch.next_test(ended)
        assert (watch.stop.value if watch.stop else None) == value
        assert box.kills == (value is not None)

    with_box(spec(test_cpu_time_ms=1), used(50 + used_us), work)


def test_the_time_in_which_a_box_waits_for_us_is_not_the_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [7_000]
    monkeypatch.setattr("sandbox.watch._now_us", lambda: clock[0])

    async def work(watch: Watch, box: Box) -> None:
        clock[0] += 3_000
        box.may_answer.clear()
        task = asyncio.create_task(watch.next_test())
        await asyncio.sleep(0)
        clock[0] += 900_000
        box.may_answer.set()
        assert await task is True
        assert watch.elapsed_ms() == 3

    with_box(spec(test_cpu_time_ms=1), used(50), work)


def test_nobody_looks_for_tests_that_have_no_limit_of_their_own() -> None:
    async def work(watch: Watch, box: Box) -> None:
        for _ in range(3):
            assert await watch.next_test() is False
        assert (watch.stop, box.kills) == (None, 0)

    with_box(spec(), [], work)
    # Equal to the job's: never reached before it.
    with_box(spec(cpu_time_ms=5, wall_time_ms=6, test_cpu_time_ms=5, test_wall_time_ms=6), [], work)


def test_what_another_clock_wrote_down_meanwhile_stays() -> None:
    output = Stop(by=StoppedBy.OUTPUT, limit_name="output_hard_bytes", limit=1, value=2)

    async def work(watch: Watch, box: Box) -> None:
        box.may_answer.clear()
        task = asyncio.create_task(watch.next_test())
        await asyncio.sleep(0)
        watch.stop = output
        box.may_answer.set()
        await task
        # Neither forgotten nor written over, though the test was above its limit as well.
        assert (watch.stop, box.kills) == (output, 0)

    with_box(spec(test_cpu_time_ms=1), used(10_000), work)
    with_box(spec(test_cpu_time_ms=1), used(60), work)


# Afterwards.


@pytest.mark.parametrize(
    ("limits", "after_us", "stop"),
    [
        ({"cpu_time_ms": 3}, 3_050, None),
        (
            {"cpu_time_ms": 3},
            3_051,
            Stop(by=StoppedBy.CPU_TIME, limit_name="cpu_time_ms", limit=3, value=4),
        ),
        ({"cpu_time_ms": 3, "test_cpu_time_ms": 2}, 2_050, None),
        (
            {"cpu_time_ms": 3, "test_cpu_time_ms": 2},
            2_051,
            Stop(by=StoppedBy.CPU_TIME, limit_name="test_cpu_time_ms", limit=2, value=3),
        ),
        # The job's before the test's.
        (
            {"cpu_time_ms": 3, "test_cpu_time_ms": 2},
            3_051,
            Stop(by=StoppedBy.CPU_TIME, limit_name="cpu_time_ms", limit=3, value=4),
        ),
        # When it ended is not when we noticed: no wall time is held against it any more.
        ({"wall_time_ms": 1, "test_wall_time_ms": 1}, 10**9, None),
    ],
)
def test_a_limit_that_was_passed_unseen_is_found_at_the_end(
    limits: dict[str, int], after_us: int, stop: Stop | None
) -> None:
    async def work(watch: Watch, box: Box) -> None:
        assert watch.at_the_end(Counters(cpu_time_us=after_us)) == stop
        # Looking back stops nothing: it has come to its end.
        assert (watch.stop, box.kills) == (None, 0)

    with_box(spec(**limits), [], work)


def test_time_on_the_clock_is_told_with_what_does_not_count() -> None:
    async def scene_play(scene: Scene) -> None:
        await asyncio.sleep(1.5)
        assert 1_499 <= scene.watch.elapsed_ms() <= 1_500

    play(scene_play, Load(pressure=1.0), spec())
