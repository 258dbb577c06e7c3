"""Slots are never exceeded, the queue is bounded, and nobody who leaves takes a place along."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from sandbox.errors import OverloadedError, ShuttingDownError
from sandbox.scheduler import Scheduler


def run(work: Coroutine[Any, Any, None]) -> None:
    # No measure of speed: it only keeps a slot that is never given back from holding up the tests for ever.
    asyncio.run(asyncio.wait_for(work, 60))


async def settle() -> None:
    """Let every task go on as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


class Jobs:
    """Jobs that hold a slot until they are told to end."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self.order: list[str] = []
        self.running_most = 0
        self._ends: dict[str, asyncio.Event] = {}

    async def _hold(self, name: str) -> int:
        async with self.scheduler.slot() as waited_ms:
            self.order.append(name)
            self.running_most = max(self.running_most, self.scheduler.running)
            await self._ends[name].wait()
            return waited_ms

    def start(self, name: str) -> asyncio.Task[int]:
        self._ends[name] = asyncio.Event()
        return asyncio.create_task(self._hold(name))

    def end(self, name: str) -> None:
        self._ends[name].set()


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
        for name in "abcde":
            jobs.end(name)
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
        for name in "abce":
            jobs.end(name)
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
        for name in "abcde":
            jobs.end(name)
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
        for name in "acd":
            jobs.end(name)
        await asyncio.gather(first, third, fourth)
        assert jobs.order == ["a", "c", "d"]
        assert (scheduler.running, scheduler.waiting) == (0, 0)

    run(work())


def test_who_is_cancelled_just_as_its_turn_comes_passes_it_on() -> None:
    async def work() -> None:
        scheduler = Scheduler(slots=1, queue_jobs_max=2)
        jobs = Jobs(scheduler)
        first, second, third = (jobs.start(name) for name in "abc")
        await settle()
        jobs.end("a")
        first.add_done_callback(lambda _: second.cancel())
        await asyncio.wait([first, second])
        await settle()
        assert jobs.order[-1] == "c"
        jobs.end("c")
        await third
        assert (scheduler.running, scheduler.waiting) == (0, 0)

    run(work())


@pytest.mark.parametrize("failure", [ValueError, asyncio.CancelledError])
def test_a_slot_comes_back_however_its_job_ends(failure: type[BaseException]) -> None:
    async def work() -> None:
        scheduler = Scheduler(slots=1, queue_jobs_max=1)
        for _ in range(3):
            with pytest.raises(failure):
                async with scheduler.slot():
                    raise failure
        assert scheduler.running == 0
        async with scheduler.slot():
            assert scheduler.running == 1

    run(work())


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
