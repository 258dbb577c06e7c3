"""The clocks of a running job: stops its box when a limit is reached, and writes down which before it does.

The limit that matters is CPU time, as the box's cgroup counts it. Wall time is the backstop against sleepers. It leaves
out the time in which the box wanted a CPU and others had it (kernel: Documentation/accounting/psi.rst), up to a hard
cap, so that a busy machine does not turn into a verdict.
"""

import asyncio
import time
from dataclasses import dataclass, replace

from sandbox.boxes.box import Box
from sandbox.boxes.counters import Counters
from sandbox.boxspec import BoxSpec
from sandbox.outcome import Stop, StoppedBy

_LOOK_MIN_S = 0.01
_LOOK_FIRST_S = 0.02
"""Small jobs are over by then, and nobody has asked for their counters but at the end."""
# The kernel averages pressure over the cores that a box ran on since it was last asked, so that one that is moved
# around seems to have waited a fraction of its time. Asked often, it had little chance to be moved.
_LOOK_PRESSED_S = 0.05
_LOOK_CALM_S = 0.25
_PRESSED_SHARE = 0.05
_US_PER_MS = 1000
_US_PER_S = 1_000_000


def starved_us(before: Counters, after: Counters) -> int | None:
    """Return how long, between two readings, others had the CPU that the box wanted; None when nobody tells.

    Waiting for its own quota is the box's own doing.
    """
    if before.cpu_pressure_us is None or after.cpu_pressure_us is None:
        return None
    throttled_us = after.cpu_throttled_us - before.cpu_throttled_us
    return max(0, after.cpu_pressure_us - before.cpu_pressure_us - throttled_us)


def carrier_starved_us(before: Counters, after: Counters) -> int:
    """Return how long, between two readings, whoever carries a box's bytes may have waited for a CPU, at most."""
    if before.carrier_pressure_us is None or after.carrier_pressure_us is None:
        return 0
    return max(0, after.carrier_pressure_us - before.carrier_pressure_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meter:
    """What has been used since a moment, held against a limit of CPU time and one of wall time."""

    cpu_name: str
    wall_name: str
    cpu_ms: int
    wall_ms: int
    wall_hard_ms: int
    before: Counters
    begun_us: int

    def cpu_us(self, now: Counters) -> int:
        return now.cpu_time_us - self.before.cpu_time_us

    def wall_us(self, now: Counters, now_us: int) -> int:
        return now_us - self.begun_us - (starved_us(self.before, now) or 0)

    def over_cpu(self, now: Counters, turns: int = 1) -> Stop | None:
        """Tell whether the limit was passed, on the average of as many turns as nobody has told apart."""
        used_us = self.cpu_us(now)
        if used_us <= turns * self.cpu_ms * _US_PER_MS:
            return None
        value = -(-used_us // (turns * _US_PER_MS))
        return Stop(by=StoppedBy.CPU_TIME, limit_name=self.cpu_name, limit=self.cpu_ms, value=value)

    def over_wall(self, now: Counters, now_us: int) -> Stop | None:
        used_us = self.wall_us(now, now_us)
        if used_us >= self.wall_ms * _US_PER_MS:
            value = used_us // _US_PER_MS
            return Stop(by=StoppedBy.WALL_TIME, limit_name=self.wall_name, limit=self.wall_ms, value=value)
        elapsed_us = now_us - self.begun_us
        if elapsed_us >= self.wall_hard_ms * _US_PER_MS:
            value = elapsed_us // _US_PER_MS
            return Stop(by=StoppedBy.WALL_TIME, limit_name="wall_time_hard_ms", limit=self.wall_hard_ms, value=value)
        return None

    def due_us(self, now: Counters, now_us: int, cores: float) -> float:
        """Return after how long a limit can have been reached, at the soonest."""
        return min(
            # The quotas bound how fast CPU time can grow.
            (self.cpu_ms * _US_PER_MS - self.cpu_us(now)) / cores,
            self.wall_ms * _US_PER_MS - self.wall_us(now, now_us),
            self.wall_hard_ms * _US_PER_MS - (now_us - self.begun_us),
        )


class Watch:
    """Watches one run of a job."""

    def __init__(self, box: Box, spec: BoxSpec, before: Counters) -> None:
        """Start the clocks.

        Args:
            box: The box; it is about to get its job.
            spec: Has the limits.
            before: What the box used until now.
        """
        self._box = box
        self._spec = spec
        self._cores = spec.boxes * spec.rules.cpu_quota_percent / 100
        self._job = self._meter("cpu_time_ms", "wall_time_ms", before)
        binds = spec.limits.of_tests_bind
        self._test = self._meter("test_cpu_time_ms", "test_wall_time_ms", before) if binds else None
        self.stop: Stop | None = None

    def _meter(self, cpu_name: str, wall_name: str, before: Counters) -> _Meter:
        wall_ms = getattr(self._spec.limits, wall_name)
        return _Meter(
            cpu_name=cpu_name,
            wall_name=wall_name,
            cpu_ms=getattr(self._spec.limits, cpu_name),
            wall_ms=wall_ms,
            wall_hard_ms=wall_ms * self._spec.rules.wall_time_hard_percent // 100,
            before=before,
            begun_us=_now_us(),
        )

    async def stop_when_due(self) -> None:
        """Sleep until a limit can have been reached, or pressure is to be asked for; look; sleep again or kill."""
        before, before_us = self._job.before, self._job.begun_us
        await asyncio.sleep(min(self._due_s(before, before_us), _LOOK_FIRST_S))
        while True:
            counters, now_us = await self._box.counters(), _now_us()
            for meter in self._meters():
                self.stop = self.stop or meter.over_cpu(counters) or meter.over_wall(counters, now_us)
            if self.stop is not None:
                await self._box.kill()
                return
            due_s = self._due_s(counters, now_us)
            starved = starved_us(before, counters)
            if starved is not None:
                pressed = starved >= _PRESSED_SHARE * (now_us - before_us)
                due_s = min(due_s, _LOOK_PRESSED_S if pressed else _LOOK_CALM_S)
            before, before_us = counters, now_us
            await asyncio.sleep(max(due_s, _LOOK_MIN_S))

    def _meters(self) -> list[_Meter]:
        return [self._job] if self._test is None else [self._job, self._test]

    def _due_s(self, now: Counters, now_us: int) -> float:
        return min(meter.due_us(now, now_us, self._cores) for meter in self._meters()) / _US_PER_S

    async def next_test(self, ended: int = 1) -> bool:
        """The clock of tests starts anew. A test that took too long unseen is still one that did.

        The box waits meanwhile, and is to be told to go on. The time that it waits for us is not the job's.

        Args:
            ended: Tests that have ended since: one, for the box waits after each. A box that does not is given the
                benefit of the doubt: one test was above the limit for sure when all of them are above it on average.

        Returns:
            Whether the box waits to be told.
        """
        if self._test is None:
            return False
        if self.stop is not None:
            return True
        asked_us = _now_us()
        counters = await self._box.counters()
        # The other clock may have run out meanwhile; what it wrote down stays.
        if self.stop is None:
            self.stop = self._test.over_cpu(counters, ended)
            if self.stop is not None:
                await self._box.kill()
        self._test = self._meter("test_cpu_time_ms", "test_wall_time_ms", counters)
        self._job = replace(self._job, begun_us=self._job.begun_us + _now_us() - asked_us)
        return True

    def at_the_end(self, after: Counters) -> Stop | None:
        """Return why the box was stopped, or which limit it was found above after it had come to its end by itself."""
        return self.stop or self._job.over_cpu(after) or (self._test.over_cpu(after) if self._test else None)

    def elapsed_ms(self) -> int:
        """Return the time on the clock since the box got its job."""
        return (_now_us() - self._job.begun_us) // _US_PER_MS


def _now_us() -> int:
    return time.monotonic_ns() // 1000
