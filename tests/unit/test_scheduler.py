"""Slots are never exceeded, runs alone are alone, the queue is bounded, and nobody who leaves takes a place along."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.errors import OverloadedError, ShuttingDownError
from sandbox.scheduler import Scheduler


def run(work: Coroutine[Any, Any, None]) -> None:
    # No measure of speed: it only keeps a slot that is never given back from holding up the tests for ever.
    asyncio.run(asyncio.wait_for(work, 60))


SETTLED = 20
"""More turns of the loop than anybody here needs to come to where he waits for somebody else."""


async def ticks(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def settle() -> None:
    """Let every task go on as far as it can."""
    await ticks(SETTLED)


class Jobs:
    """Jobs that hold a slot until they are told to end, or to go on alone and then to end."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self.order: list[str] = []
        self.running_most = 0
        self._steps: dict[str, asyncio.Queue[str]] = {}

    async def _hold(self, name: str) -> int:
        async with self.scheduler.slot() as slot:
            self._entered(name)
            if await self._steps[name].get() == "alone":
                async with slot.alone():
                    self._entered(f"{name} alone")
                    assert await self._steps[name].get() == "end"
            return slot.queue_time_ms

    def _entered(self, what: str) -> None:
        self.order.append(what)
        self.running_most = max(self.running_most, self.scheduler.running)

    def start(self, name: str) -> asyncio.Task[int]:
        self._steps[name] = asyncio.Queue()
        return asyncio.create_task(self._hold(name))

    def alone(self, *names: str) -> None:
        for name in names:
            self._steps[name].put_nowait("alone")

    def end(self, *names: str) -> None:
        for name in names:
            self._steps[name].put_nowait("end")


def test_no_more_run_than_there_are_slots_and_they_come_in_order() -> None:
    async def work() -> None:
        scheduler = Scheduler(slots=2, queue_jobs_max=10)
        jobs = Jobs(scheduler)
        tasks = [jobs.start(name) for name in "abcde"]
        await settle()
        assert jobs.order == ["a", "b"]
        assert (scheduler.running, scheduler.waiting) == (2, 3)
        jobs.end("b")
        await settle()
        assert jobs.order == ["a", "b", "c"]
        jobs.end(*"acde")
        waited = await asyncio.gather(*tasks)
        assert jobs.order == list("abcde")
        assert jobs.running_most == 2
        assert all(type(each) is int and each >= 0 for each in waited)
        assert (scheduler.running, scheduler.waiting) == (0, 0)

    run(work())


def test_the_queue_is_bounded() -> None:
    async def work() -> None:
        scheduler = Scheduler(slots=1, queue_jobs_max=2)
        jobs = Jobs(scheduler)
        tasks = [jobs.start(name) for name in "abc"]
        await settle()
        with pytest.raises(OverloadedError) as caught:
            await jobs.start("d")
        assert caught.value.retry_after_ms > 0
        assert str(caught.value).startswith("2 jobs wait already")
        # A refusal takes no place, and a place that is left can be taken.
        assert (scheduler.running, scheduler.waiting) == (1, 2)
        jobs.end("a")
        await settle()
        tasks.append(jobs.start("e"))
        await settle()
        assert (scheduler.running, scheduler.waiting) == (1, 2)
        jobs.end(*"bce")
        await asyncio.gather(*tasks)
        assert jobs.order == list("abce")

    run(work())


def test_a_free_slot_needs_no_place_in_the_queue() -> None:
    async def work() -> None:
        scheduler = Scheduler(slots=5, queue_jobs_max=1)
        jobs = Jobs(scheduler)
        tasks = [jobs.start(name) for name in "abcde"]
        await settle()
        assert (scheduler.running, scheduler.waiting) == (5, 0)
        jobs.end(*"abcde")
        await asyncio.gather(*tasks)

    run(work())


def test_who_is_cancelled_while_waiting_frees_its_place() -> None:
    async def work() -> None:
        scheduler = Scheduler(slots=1, queue_jobs_max=2)
        jobs = Jobs(scheduler)
        first, second, third = (jobs.start(name) for name in "abc")
        await settle()
        second.cancel()
        await asyncio.wait([second])
        assert second.cancelled()
        assert (scheduler.running, scheduler.waiting) == (1, 1)
        fourth = jobs.start("d")
        await settle()
        assert scheduler.waiting == 2
        jobs.end(*"acd")
        await asyncio.gather(first, third, fourth)
        assert jobs.order == ["a", "c", "d"]
        assert (scheduler.running, scheduler.waiting) == (0, 0)

    run(work())


@pytest.mark.parametrize("later", range(6))
def test_who_is_cancelled_just_as_its_turn_comes_passes_it_on(later: int) -> None:
    # Before it has its turn, when it has it and does not know, and after: at every step between two awaits.
    async def work() -> None:
        scheduler = Scheduler(slots=1, queue_jobs_max=2)
        jobs = Jobs(scheduler)
        first, second, third = (jobs.start(name) for name in "abc")
        await settle()
        jobs.end("a")
        await ticks(later)
        second.cancel()
        await asyncio.wait([first, second])
        await settle()
        assert second.cancelled()
        assert jobs.order[-1] == "c"
        jobs.end("c")
        await third
        assert (scheduler.running, scheduler.waiting) == (0, 0)

    run(work())


def test_a_turn_is_not_given_to_who_was_cancelled_in_the_same_moment() -> None:
    # Its task has yet to hear of it while the place before it becomes free: the turn would be lost, and with it a slot.
    async def work() -> None:
        scheduler = Scheduler(slots=1, queue_jobs_max=2)
        jobs = Jobs(scheduler)
        async with scheduler.slot():
            second, third = jobs.start("b"), jobs.start("c")
            await settle()
            second.cancel()
        await settle()
        assert jobs.order == ["c"]
        jobs.end("c")
        await third
        assert (scheduler.running, scheduler.waiting) == (0, 0)

    run(work())


@pytest.mark.parametrize("failure", [ValueError, asyncio.CancelledError])
@pytest.mark.parametrize("is_alone", [True, False])
def test_a_slot_comes_back_however_its_job_ends(failure: type[BaseException], is_alone: bool) -> None:
    async def fail(scheduler: Scheduler) -> None:
        async with scheduler.slot() as slot:
            if is_alone:
                async with slot.alone():
                    raise failure
            raise failure

    async def work() -> None:
        scheduler = Scheduler(slots=1, queue_jobs_max=1)
        for _ in range(3):
            with pytest.raises(failure):
                await fail(scheduler)
        assert scheduler.running == 0
        async with scheduler.slot():
            assert scheduler.running == 1
        assert scheduler.running == 0

    run(work())


# Runs alone.


def test_a_run_alone_waits_for_all_others_and_nobody_starts_meanwhile() -> None:
    async def work() -> None:
        scheduler = Scheduler(slots=3, queue_jobs_max=5)
        jobs = Jobs(scheduler)
        tasks = [jobs.start(name) for name in "abcde"]
        await settle()
        jobs.alone("b")
        await settle()
        # Its own place is free, and yet nobody takes it.
        assert jobs.order == ["a", "b", "c"]
        assert (scheduler.running, scheduler.waiting) == (2, 2)
        jobs.end("a")
        await settle()
        assert jobs.order == ["a", "b", "c"]
        jobs.end("c")
        await settle()
        assert jobs.order[3:] == ["b alone"]
        assert (scheduler.running, scheduler.waiting) == (1, 2)
        # Who comes while it runs waits as well.
        tasks.append(jobs.start("f"))
        await settle()
        assert jobs.order[3:] == ["b alone"]
        jobs.end("b")
        await settle()
        assert jobs.order[4:] == ["d", "e", "f"]
        jobs.end(*"def")
        await asyncio.gather(*tasks)
        assert (scheduler.running, scheduler.waiting) == (0, 0)

    run(work())


def test_runs_alone_come_one_after_another_and_then_the_others_go_on() -> None:
    async def work() -> None:
        scheduler = Scheduler(slots=3, queue_jobs_max=5)
        jobs = Jobs(scheduler)
        tasks = [jobs.start(name) for name in "abcde"]
        await settle()
        jobs.alone(*"cab")
        await settle()
        for name in "cab":
            # In the order in which they asked for it.
            assert jobs.order[-1] == f"{name} alone"
            assert (scheduler.running, scheduler.waiting) == (1, 2)
            jobs.end(name)
            await settle()
        assert jobs.order[3:] == ["c alone", "a alone", "b alone", "d", "e"]
        jobs.end(*"de")
        await asyncio.gather(*tasks)

    run(work())


def test_as_many_count_as_alone_as_have_cores_of_their_own() -> None:
    async def work() -> None:
        scheduler = Scheduler(slots=4, queue_jobs_max=5, alone_max=2)
        jobs = Jobs(scheduler)
        tasks = [jobs.start(name) for name in "abcde"]
        await settle()
        jobs.alone(*"abc")
        await settle()
        # One that is not alone still runs.
        assert jobs.order == list("abcd")
        jobs.end("d")
        await settle()
        assert jobs.order[4:] == ["a alone", "b alone"]
        assert (scheduler.running, scheduler.waiting) == (2, 1)
        jobs.end("a")
        await settle()
        assert jobs.order[6:] == ["c alone"]
        jobs.end("b")
        await settle()
        # As long as one is alone, others wait, though there are slots.
        assert jobs.order[7:] == []
        jobs.end("c")
        await settle()
        assert jobs.order[7:] == ["e"]
        jobs.end("e")
        await asyncio.gather(*tasks)
        assert (scheduler.running, scheduler.waiting) == (0, 0)

    run(work())


def test_the_only_job_is_alone_at_once() -> None:
    async def work() -> None:
        scheduler = Scheduler(slots=1, queue_jobs_max=5)
        jobs = Jobs(scheduler)
        first, second = jobs.start("a"), jobs.start("b")
        await settle()
        jobs.alone("a")
        await settle()
        # Before the one that has waited for its place.
        assert jobs.order == ["a", "a alone"]
        jobs.end("a", "b")
        await asyncio.gather(first, second)

    run(work())


@pytest.mark.parametrize("later", range(6))
def test_who_is_cancelled_while_it_waits_to_be_alone_holds_nobody_up(later: int) -> None:
    async def work() -> None:
        scheduler = Scheduler(slots=2, queue_jobs_max=5)
        jobs = Jobs(scheduler)
        first, second, third = (jobs.start(name) for name in "abc")
        await settle()
        jobs.alone("a")
        await ticks(later)
        first.cancel()
        await asyncio.wait([first])
        await settle()
        assert jobs.order == ["a", "b", "c"]
        assert (scheduler.running, scheduler.waiting) == (2, 0)
        jobs.end("b", "c")
        await asyncio.gather(second, third)
        assert (scheduler.running, scheduler.waiting) == (0, 0)

    run(work())


@pytest.mark.parametrize("later", range(6))
def test_who_is_cancelled_just_as_it_comes_to_be_alone_holds_nobody_up(later: int) -> None:
    async def work() -> None:
        scheduler = Scheduler(slots=2, queue_jobs_max=5)
        jobs = Jobs(scheduler)
        first, second, third = (jobs.start(name) for name in "abc")
        await settle()
        jobs.alone("a")
        await settle()
        jobs.end("b")
        await ticks(later)
        first.cancel()
        await asyncio.wait([first, second])
        await settle()
        assert jobs.order[-1] == "c"
        assert (scheduler.running, scheduler.waiting) == (1, 0)
        jobs.end("c")
        await third
        assert (scheduler.running, scheduler.waiting) == (0, 0)

    run(work())


# Boxes that do not die.


def test_a_slot_that_is_withheld_is_used_by_nobody_until_it_is_given_back() -> None:
    async def work() -> None:
        scheduler = Scheduler(slots=3, queue_jobs_max=9)
        jobs = Jobs(scheduler)
        tasks = [jobs.start(name) for name in "abcdef"]
        await settle()
        scheduler.withhold(2)
        # Who runs, runs on.
        assert scheduler.running == 3
        jobs.end("a", "b")
        await settle()
        assert (scheduler.running, scheduler.waiting) == (1, 3)
        jobs.end("c")
        await settle()
        assert jobs.order == list("abcd")
        scheduler.withhold(1)
        await settle()
        assert jobs.order == list("abcde")
        scheduler.withhold(0)
        await settle()
        assert jobs.order == list("abcdef")
        jobs.end(*"def")
        await asyncio.gather(*tasks)
        assert (scheduler.running, scheduler.waiting) == (0, 0)

    run(work())


@pytest.mark.parametrize("withheld", [2, 3])
def test_nobody_runs_while_all_slots_are_withheld(withheld: int) -> None:
    async def work() -> None:
        scheduler = Scheduler(slots=2, queue_jobs_max=9)
        jobs = Jobs(scheduler)
        first, second = jobs.start("a"), jobs.start("b")
        await settle()
        jobs.alone("a")
        scheduler.withhold(withheld)
        jobs.end("b")
        await settle()
        # Not alone either: the machine is as full as it may be.
        assert (jobs.order, scheduler.running) == (["a", "b"], 0)
        scheduler.withhold(1)
        await settle()
        assert jobs.order[2:] == ["a alone"]
        jobs.end("a")
        await asyncio.gather(first, second)
        assert (scheduler.running, scheduler.waiting) == (0, 0)

    run(work())


# The end.


def test_draining_refuses_new_jobs_and_those_that_wait() -> None:
    async def work() -> None:
        scheduler = Scheduler(slots=1, queue_jobs_max=5)
        jobs = Jobs(scheduler)
        running, *waiting = (jobs.start(name) for name in "abc")
        await settle()
        scheduler.drain()
        with pytest.raises(ShuttingDownError):
            await jobs.start("d")
        assert not running.done()
        jobs.end("a")
        await running
        for task in waiting:
            with pytest.raises(ShuttingDownError):
                await task
        assert jobs.order == ["a"]
        assert (scheduler.running, scheduler.waiting) == (0, 0)
        with pytest.raises(ShuttingDownError):
            async with scheduler.slot():
                pass

    run(work())


def test_draining_refuses_runs_alone_that_have_not_begun() -> None:
    async def work() -> None:
        scheduler = Scheduler(slots=3, queue_jobs_max=5)
        jobs = Jobs(scheduler)
        waiting, running, late = (jobs.start(name) for name in "abc")
        await settle()
        jobs.alone("a")
        await settle()
        scheduler.drain()
        jobs.alone("c")
        with pytest.raises(ShuttingDownError):
            await late
        assert not waiting.done()
        jobs.end("b")
        await running
        with pytest.raises(ShuttingDownError):
            await waiting
        assert jobs.order == ["a", "b", "c"]
        assert (scheduler.running, scheduler.waiting) == (0, 0)

    run(work())


def test_a_run_alone_that_has_begun_may_end() -> None:
    async def work() -> None:
        scheduler = Scheduler(slots=2, queue_jobs_max=5)
        jobs = Jobs(scheduler)
        task = jobs.start("a")
        jobs.alone("a")
        await settle()
        scheduler.drain()
        idle = asyncio.create_task(scheduler.idle())
        await settle()
        assert not idle.done()
        jobs.end("a")
        assert type(await task) is int
        await idle

    run(work())


def test_idle_is_when_nobody_runs() -> None:
    async def work() -> None:
        scheduler = Scheduler(slots=2, queue_jobs_max=5)
        await scheduler.idle()
        jobs = Jobs(scheduler)
        first, second = jobs.start("a"), jobs.start("b")
        await settle()
        idle = asyncio.create_task(scheduler.idle())
        jobs.end("a")
        await settle()
        assert not idle.done()
        jobs.end("b")
        await idle
        await asyncio.gather(first, second)

    run(work())


def test_idle_is_not_the_moment_between_two_jobs() -> None:
    async def work() -> None:
        scheduler = Scheduler(slots=1, queue_jobs_max=5)
        jobs = Jobs(scheduler)
        tasks = [jobs.start(name) for name in "ab"]
        await settle()
        idle = asyncio.create_task(scheduler.idle())
        await settle()
        jobs.alone("a")
        await settle()
        jobs.end("a")
        await settle()
        assert jobs.order == ["a", "a alone", "b"]
        assert not idle.done()
        jobs.end("b")
        await idle
        await asyncio.gather(*tasks)

    run(work())


# Everything at once, in any order.

STEPS = st.tuples(
    st.sampled_from(["start", "start", "start", "alone", "alone", "end", "end", "cancel", "withhold"]),
    st.integers(0, 20),
    # How far everybody may go on before the next step; the last is as far as they can.
    st.sampled_from([0, 0, 1, 2, SETTLED]),
)


class World:
    """Jobs at random on a scheduler, and what must be true of them at each moment."""

    def __init__(self, slots: int, alone_max: int) -> None:
        self.slots = slots
        self.alone_max = alone_max
        self.withheld = 0
        self.scheduler = Scheduler(slots=slots, queue_jobs_max=1_000, alone_max=alone_max)
        self.tasks: dict[int, asyncio.Task[None]] = {}
        self.steps: dict[int, asyncio.Queue[str]] = {}
        self.inside: dict[int, str] = {}
        self.wants_alone: list[int] = []
        self.asked_alone: list[int] = []
        self.was_alone: list[int] = []
        self.entered: list[int] = []

    async def _job(self, number: int) -> None:
        async with self.scheduler.slot() as slot:
            try:
                self._enter(number, "beside others")
                self.entered.append(number)
                if await self.steps[number].get() == "end":
                    return
                del self.inside[number]
                self.wants_alone.append(number)
                self.asked_alone.append(number)
                try:
                    async with slot.alone():
                        self.wants_alone.remove(number)
                        self.was_alone.append(number)
                        self._enter(number, "alone")
                        await self.steps[number].get()
                finally:
                    if number in self.wants_alone:
                        self.wants_alone.remove(number)
            finally:
                self.inside.pop(number, None)

    def _enter(self, number: int, how: str) -> None:
        self.inside[number] = how
        # Never more than there are slots, and who is alone is with its like at most.
        assert len(self.inside) <= self.slots
        assert len(set(self.inside.values())) == 1
        assert how != "alone" or len(self.inside) <= self.alone_max
        # Nobody in it is not counted.
        assert len(self.inside) <= self.scheduler.running

    def take(self, kind: str, choice: int) -> None:
        living = [number for number, task in self.tasks.items() if not task.done()]
        if kind == "start":
            number = len(self.tasks)
            self.steps[number] = asyncio.Queue()
            self.tasks[number] = asyncio.create_task(self._job(number))
        elif kind == "withhold":
            self.withheld = choice % (self.slots + 1)
            self.scheduler.withhold(self.withheld)
        elif living:
            number = living[choice % len(living)]
            if kind == "cancel":
                self.tasks[number].cancel()
            else:
                self.steps[number].put_nowait(kind)

    def look_when_settled(self) -> None:
        """When nobody can go on by himself, everybody is where he should be."""
        scheduler = self.scheduler
        assert scheduler.running == len(self.inside)
        # In order of arrival: nobody waits who came before one that was let in.
        waiting = [number for number, task in self.tasks.items() if not task.done() and number not in self.entered]
        assert scheduler.waiting == len(waiting)
        assert min(waiting, default=len(self.tasks)) > max(self.entered, default=-1)
        let_in = [self.asked_alone.index(number) for number in self.was_alone]
        still_asking = [self.asked_alone.index(number) for number in self.wants_alone]
        assert min(still_asking, default=len(self.tasks)) > max(let_in, default=-1)
        beside = [number for number, how in self.inside.items() if how == "beside others"]
        places = self.slots - self.withheld
        if self.wants_alone:
            # Whoever wants to be alone waits for somebody, or for a place.
            assert beside or len(self.inside) >= min(self.alone_max, places)
        if scheduler.waiting:
            # Whoever waits for a slot waits because all are taken, or because of somebody who is or wants to be alone.
            is_about_alone = self.wants_alone or "alone" in self.inside.values()
            assert is_about_alone or len(self.inside) >= places

    async def finish(self, how: str) -> None:
        self.scheduler.withhold(0)
        if how == "drain":
            self.scheduler.drain()
        for number, task in self.tasks.items():
            if how == "cancel":
                task.cancel()
            # Enough for whatever it still waits for.
            self.steps[number].put_nowait("end")
            self.steps[number].put_nowait("end")
        ends = await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        await self.scheduler.idle()
        unexpected = [end for end in ends if not isinstance(end, asyncio.CancelledError | ShuttingDownError | None)]
        assert unexpected == []
        if how != "drain":
            assert not any(isinstance(end, ShuttingDownError) for end in ends)
        # Nothing is lost and nothing is owed.
        assert (self.scheduler.running, self.scheduler.waiting, self.inside, self.wants_alone) == (0, 0, {}, [])
        assert len(self.entered) == len(set(self.entered))

    async def show_that_all_slots_are_there(self) -> None:
        jobs = Jobs(self.scheduler)
        names = [str(number) for number in range(self.slots + 1)]
        tasks = [jobs.start(name) for name in names]
        await settle()
        assert self.scheduler.running == self.slots
        jobs.end(*names)
        await asyncio.gather(*tasks)


@settings(max_examples=300)
@given(
    st.integers(1, 4),
    st.integers(1, 2),
    st.lists(STEPS, max_size=40),
    st.sampled_from(["end", "cancel", "drain"]),
)
def test_nothing_is_lost_in_any_order_of_things(
    slots: int, alone_max: int, steps: list[tuple[str, int, int]], how: str
) -> None:
    async def work() -> None:
        world = World(slots, min(slots, alone_max))
        is_settled = True
        for kind, choice, pause in steps:
            was_settled, wanting, entered = is_settled, set(world.wants_alone), list(world.entered)
            world.take(kind, choice)
            await ticks(pause)
            is_settled = pause == SETTLED
            if is_settled:
                world.look_when_settled()
            if was_settled and wanting.intersection(world.wants_alone):
                # As long as somebody waits to be alone, nobody starts beside others.
                assert world.entered == entered
        await world.finish(how)
        if how != "drain":
            await world.show_that_all_slots_are_there()

    run(work())
