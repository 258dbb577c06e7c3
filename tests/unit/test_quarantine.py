"""A box that does not die is killed again and again, its slot is nobody's meanwhile, and the log says so loudly."""

import asyncio
import errno
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from sandbox.boxes import quarantine as quarantine_module
from sandbox.boxes import runsc as runsc_module
from sandbox.boxes.cgroups import ending
from sandbox.boxes.quarantine import Quarantine
from sandbox.boxes.runsc import RunscBackend
from sandbox.scheduler import Scheduler


class Stuck:
    """A cgroup with a process that survives some attempts to kill it."""

    oci_path = "/sandbox/stuck"
    has_kill = True
    events = None

    def __init__(self, survives: int, refusal: Exception | None = None) -> None:
        self.attempts = 0
        self.is_removed = False
        self._survives = survives
        self._refusal = refusal

    def pids(self) -> list[int]:
        return [] if self.is_empty() else [4_321]

    def is_empty(self) -> bool:
        return self.attempts > self._survives

    def signal_all(self) -> None:
        self.attempts += 1
        if self._refusal is not None and not self.is_empty():
            raise self._refusal

    def remove(self) -> None:
        if not self.is_empty():
            raise OSError(errno.EBUSY, "Device or resource busy")
        self.is_removed = True


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each burial is attempted once and at once; nothing here is killed for real."""
    monkeypatch.setattr(quarantine_module, "_PAUSE_S", 0.0)
    monkeypatch.setattr(ending, "_KILL_TIMEOUT_S", -1.0)
    monkeypatch.setattr(ending, "kill_each", lambda pids: None)


def run(work: Callable[[], Awaitable[None]]) -> list[Any]:
    """Run it, and return what was logged."""

    async def main() -> None:
        # No measure of speed: only an end, should nothing else end it.
        async with asyncio.timeout(60):
            await work()

    with capture_logs() as logs:
        asyncio.run(main())
    return logs


async def emptied(quarantine: Quarantine) -> None:
    # The quarantine tells nobody but the scheduler.
    while len(quarantine):  # noqa: ASYNC110
        await asyncio.sleep(0)


def test_a_box_that_dies_at_the_third_try() -> None:
    cgroup = Stuck(survives=2)
    told: list[int] = []
    forgotten: list[bool] = []

    async def work() -> None:
        quarantine = Quarantine()
        quarantine.report_to(told.append)
        # What else there is of the box is removed when it is gone, and not before.
        quarantine.take("box-1", cgroup, lambda: forgotten.append(cgroup.is_removed))  # type: ignore[arg-type]
        assert len(quarantine) == 1
        await emptied(quarantine)
        assert forgotten == [True]

    logs = run(work)
    assert cgroup.attempts == 3
    assert forgotten == [True]
    assert told == [0, 1, 0]
    assert [(entry["log_level"], entry["box"]) for entry in logs] == [("critical", "box-1"), ("warning", "box-1")]
    assert logs[0]["pids"] == [4_321]
    assert "does not die" in logs[0]["event"]


@pytest.mark.parametrize("refusal", [PermissionError("no"), OSError("no"), ending.StuckError("no")])
def test_as_long_as_nobody_knows_that_it_is_gone_it_is_there(refusal: Exception) -> None:
    async def work() -> None:
        quarantine = Quarantine()
        quarantine.take("box-1", Stuck(5, refusal), lambda: None)  # type: ignore[arg-type]
        await emptied(quarantine)

    assert [entry["log_level"] for entry in run(work)] == ["critical", "warning"]


def test_its_slot_is_withheld_and_given_back() -> None:
    async def work() -> None:
        scheduler, quarantine = Scheduler(slots=2, queue_jobs_max=5), Quarantine()
        quarantine.report_to(scheduler.withhold)
        may_die = asyncio.Event()

        class UntilTold(Stuck):
            def is_empty(self) -> bool:
                return may_die.is_set()

        async def hold(end: asyncio.Event) -> None:
            async with scheduler.slot():
                await end.wait()

        quarantine.take("box-1", UntilTold(0), lambda: None)  # type: ignore[arg-type]
        end = asyncio.Event()
        tasks = [asyncio.create_task(hold(end)) for _ in range(2)]
        for _ in range(50):
            await asyncio.sleep(0)
        assert (scheduler.running, scheduler.waiting) == (1, 1)
        may_die.set()
        await emptied(quarantine)
        await asyncio.sleep(0)
        assert (scheduler.running, scheduler.waiting) == (2, 0)
        end.set()
        await asyncio.gather(*tasks)

    run(work)


def test_who_asks_late_is_told_what_is_there() -> None:
    async def work() -> None:
        quarantine = Quarantine()
        for name in ("box-1", "box-2"):
            quarantine.take(name, Stuck(10**9), lambda: None)  # type: ignore[arg-type]
        told: list[int] = []
        quarantine.report_to(told.append)
        assert told == [2]
        await quarantine.close()

    run(work)


def test_each_box_is_buried_by_itself() -> None:
    forgotten: list[str] = []

    async def work() -> None:
        quarantine = Quarantine()
        told: list[int] = []
        quarantine.report_to(told.append)
        quarantine.take("never", Stuck(10**9), lambda: forgotten.append("never"))  # type: ignore[arg-type]
        quarantine.take("soon", Stuck(1), lambda: forgotten.append("soon"))  # type: ignore[arg-type]
        while len(quarantine) > 1:  # noqa: ASYNC110 (as above)
            await asyncio.sleep(0)
        assert (told, forgotten) == ([0, 1, 2, 1], ["soon"])
        await quarantine.close()

    run(work)


def test_the_end_of_the_server_is_the_end_of_the_attempts() -> None:
    cgroup = Stuck(10**9)
    forgotten: list[str] = []

    async def work() -> None:
        quarantine = Quarantine()
        quarantine.take("box-1", cgroup, lambda: forgotten.append("box-1"))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        await quarantine.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert len(quarantine) == 0
        attempts = cgroup.attempts
        await asyncio.sleep(0)
        assert cgroup.attempts == attempts
        # Again, and with nothing there: no harm.
        await quarantine.close()

    logs = run(work)
    # The next server must find the folder, or it would not look for the box.
    assert forgotten == []
    assert [(entry["log_level"], entry["box"]) for entry in logs] == [("critical", "box-1")] * 2
    assert "left behind" in logs[1]["event"]


def test_what_a_dead_server_left_and_does_not_die_keeps_no_server_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = {"dies": Stuck(survives=0), "stuck": Stuck(survives=10**6)}

    class Left:
        def names(self) -> list[str]:
            return list(left)

        def make(self, name: str) -> Stuck:
            return left[name]

        def remove(self) -> None:
            raise AssertionError("a box is still in it")

    monkeypatch.setattr(runsc_module, "_hierarchy_of", lambda _: Left())

    async def work() -> None:
        backend = RunscBackend(runsc=Path("runsc"), images={}, run_dir=tmp_path)
        await backend._sweep(tmp_path)
        assert len(backend.quarantine) == 1
        await backend.quarantine.close()

    logs = run(work)
    assert [entry["box"] for entry in logs] == ["stuck", "stuck"]
    assert left["dies"].is_removed
    # For the next server.
    assert tmp_path.exists()
