"""Clean-up is not interrupted, and a cancellation that came meanwhile is not lost."""

import asyncio

import pytest

from sandbox.boxes.shield import to_the_end


class Work:
    """Something that must end, once it is told to."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.may_end = asyncio.Event()
        self.ended = False
        self._failure = failure

    async def do(self) -> str:
        await self.may_end.wait()
        self.ended = True
        if self._failure is not None:
            raise self._failure
        return "done"


def test_the_result_and_the_failure_come_out() -> None:
    async def work() -> None:
        good, bad = Work(), Work(ValueError("broken"))
        for each in (good, bad):
            each.may_end.set()
        assert await to_the_end(good.do()) == "done"
        with pytest.raises(ValueError, match="broken"):
            await to_the_end(bad.do())

    asyncio.run(work())


@pytest.mark.parametrize("failure", [None, ValueError("broken")])
@pytest.mark.parametrize("cancellations", [1, 3])
def test_a_cancellation_waits_for_the_end(failure: Exception | None, cancellations: int) -> None:
    async def work() -> None:
        must_end = Work(failure)
        task = asyncio.create_task(to_the_end(must_end.do()))
        for _ in range(cancellations):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
        must_end.may_end.set()
        await asyncio.wait([task])
        assert task.cancelled()
        assert must_end.ended

    asyncio.run(work())


def test_a_timeout_around_it_waits_too() -> None:
    async def work() -> None:
        must_end = Work()
        asyncio.get_running_loop().call_soon(must_end.may_end.set)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(-1):
                await to_the_end(must_end.do())
        assert must_end.ended

    asyncio.run(work())
