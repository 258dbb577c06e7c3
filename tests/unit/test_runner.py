"""One job's life on boxes that follow a script: whose fault an end is, what counts, and what comes along with it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import wire
from sandbox.boxes.counters import Counters
from sandbox.boxes.fake import FakeBackend, FakeBox, Script
from sandbox.boxspec import BoxRules, BoxSpec
from sandbox.errors import BackendError, NotGvisorError, ShuttingDownError
from sandbox.job import Case, CaseTests, Job, NoTests, SourceTests, Tests
from sandbox.limits import Limits
from sandbox.runner import Alone, Assignment, Runner
from sandbox.seccomp.profile import Action, Profile, Rule
from sandbox.seccomp.roles import RoleFilters
from sandbox.verdict import (
    Cause,
    Evidence,
    Integrity,
    JobResult,
    KilledBy,
    Receipt,
    ServiceError,
    ServiceErrorCode,
    Status,
    TestResult,
    TestStatus,
    Verdict,
)
from sandbox.version import VERSION

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

HOST_KERNEL = "6.1.0-host"
HOUR_MS = 3_600_000
PROFILE = Profile(default=Action.ERRNO, rules=(Rule(names=("read", "write"), action=Action.ALLOW),))
FILTERS = RoleFilters(program=b"p" * 8, tests=b"t" * 16)
SPEC = BoxSpec(
    policy="default",
    policy_digest="sha256:policy",
    language="python",
    command=("agent",),
    environment=(),
    # Times that no test reaches by running slowly.
    limits=Limits(
        cpu_time_ms=HOUR_MS,
        wall_time_ms=HOUR_MS,
        memory_bytes=1 << 20,
        processes_max=4,
        open_files_max=5,
        disk_bytes=6,
        output_bytes=100,
        test_cpu_time_ms=HOUR_MS,
        test_wall_time_ms=HOUR_MS,
    ),
    rules=BoxRules(
        cpu_quota_percent=100,
        wall_time_hard_percent=1_000,
        overhead_memory_bytes=1,
        host_tasks_max=10,
        shm_bytes=11,
        output_hard_bytes=1_000,
        uid=13,
        gid=14,
        start_timeout_ms=HOUR_MS,
        jobs_per_box=1,
    ),
    system_calls=PROFILE,
    filters=FILTERS,
)
JOB = Job(id="job", program=b"def f(): return 1", tests=SourceTests(b"assert f() == 1"))


def framed(kind: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(4, "big") + bytes([kind]) + payload


def plan(checks: int) -> bytes:
    return framed(wire.PLAN, wire.PLAN_BODY.pack(checks))


def result(index: int, status: int = 1, kind: int = 0, message: bytes = b"") -> bytes:
    return framed(wire.RESULT, wire.RESULT_BODY.pack(index, status, kind) + message)


def flood(output_bytes: int) -> bytes:
    return framed(wire.FLOOD, wire.FLOOD_BODY.pack(output_bytes))


def ready(kernel: bytes = b"4.4.0-gvisor", protocol: bytes = str(wire.PROTOCOL).encode()) -> bytes:
    return framed(wire.READY, kernel + b"\0" + protocol)


DONE = framed(wire.DONE)
DEAD = b""
PASS = (plan(1), result(0), DONE)
GREETING = (ready(),)
HOUR = Counters(cpu_time_us=HOUR_MS * 1_000)


def script(*answer: bytes, greeting: Sequence[bytes] = GREETING, **facts: Any) -> Script:
    return Script(greeting=tuple(greeting), answer=answer, **facts)


def passes() -> Script:
    return script(*PASS)


def dies(**facts: Any) -> Script:
    return script(DEAD, **facts)


def assignment(job: Job = JOB, **changes: int) -> Assignment:
    """An assignment; `changes` are limits and rules by name."""
    limits = {name: value for name, value in changes.items() if name in Limits.__slots__}
    rules = {name: value for name, value in changes.items() if name not in limits}
    spec = replace(SPEC, limits=replace(SPEC.limits, **limits), rules=replace(SPEC.rules, **rules))
    return Assignment(job=job, spec=spec, queue_time_ms=7)


def run(backend: FakeBackend, job: Assignment | None = None, alone: Alone | None = None) -> JobResult:
    async def work() -> JobResult:
        # No measure of speed: it only keeps a box that nobody stops from holding up the tests for ever.
        async with asyncio.timeout(60):
            return await Runner(backend, host_kernel=HOST_KERNEL).run(job or assignment(), alone=alone)

    result = asyncio.run(work())
    assert_all_destroyed(backend)
    return result


def assert_all_destroyed(backend: FakeBackend) -> None:
    assert backend.boxes_open == 0
    assert all(box.killed for box in backend.boxes)


def verdict(*scripts: Script | BackendError, job: Assignment | None = None) -> Verdict:
    result = run(FakeBackend(scripts), job)
    assert isinstance(result, Verdict)
    return result


def service_error(*scripts: Script | BackendError, job: Assignment | None = None) -> ServiceError:
    result = run(FakeBackend(scripts), job)
    assert isinstance(result, ServiceError)
    assert result.job_id == "job"
    return result


# The usual ends.


def test_a_pass() -> None:
    backend = FakeBackend([passes()])
    said = run(backend)
    assert isinstance(said, Verdict)
    assert said.passed
    assert said.cause is Cause.ALL_TESTS_PASSED
    assert said.job_id == "job"
    assert said.attempts == 1
    assert said.tests_planned == 1
    assert said.test_results == (TestResult(0, TestStatus.PASSED, ""),)
    assert said.integrity is Integrity.SEPARATE_PROCESS
    assert backend.specs == [SPEC]
    assert [box.sent for box in backend.boxes] == [wire.encode_job(JOB, SPEC)]


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ((plan(1), result(0, 2, 1), DONE), Cause.WRONG_ANSWER),
        ((plan(1), result(0, 3, 2), DONE), Cause.EXCEPTION),
        ((plan(1), result(0, 3, 3), DONE), Cause.UNSUPPORTED_VALUE),
        ((framed(wire.LOAD_ERROR, b"SyntaxError"), DONE), Cause.LOAD_ERROR),
        ((framed(wire.PROGRAM_END, wire.PROGRAM_END_BODY.pack(1, 0)), DONE), Cause.EXITED_EARLY),
        ((plan(2), framed(wire.PROGRAM_END, wire.PROGRAM_END_BODY.pack(2, 9)), DONE), Cause.SIGNALED),
        ((framed(wire.VIOLATION, b"spoke"),), Cause.PROTOCOL_VIOLATION),
        ((b"not a frame at all",), Cause.PROTOCOL_VIOLATION),
        ((plan(1), plan(1)), Cause.PROTOCOL_VIOLATION),
        ((flood(1_001), framed(wire.VIOLATION, b"flood")), Cause.OUTPUT_LIMIT),
        ((flood(1_001) + framed(wire.VIOLATION, b"flood") + DONE,), Cause.OUTPUT_LIMIT),
        ((plan(1), result(0), flood(1_001), DONE), Cause.OUTPUT_LIMIT),
        ((framed(wire.FLOOD), DONE), Cause.PROTOCOL_VIOLATION),
    ],
)
def test_what_the_box_says_is_judged_once(answer: tuple[bytes, ...], cause: Cause) -> None:
    said = verdict(script(*answer))
    assert said.cause is cause
    assert said.attempts == 1
    assert not said.passed


def test_output_and_messages_come_along() -> None:
    said = verdict(
        script(
            framed(wire.STDOUT, b"out"),
            framed(wire.STDERR, b"err"),
            framed(wire.TRUNCATED, bytes([wire.STDOUT])),
            plan(1),
            result(0, 2, 1, b"one is not two"),
            DONE,
        )
    )
    assert (said.stdout.data, said.stdout.truncated) == (b"out", True)
    assert (said.stderr.data, said.stderr.truncated) == (b"err", False)
    assert said.message == "one is not two"


def test_broken_tests_are_a_service_error() -> None:
    error = service_error(script(framed(wire.TESTS_ERROR, b"SyntaxError"), DONE))
    assert error.code is ServiceErrorCode.TESTS_ERROR
    assert error.message == "SyntaxError"
    assert not error.retryable


def test_greeting_and_answer_may_come_in_any_pieces() -> None:
    whole = b"".join(PASS)
    said = verdict(
        Script(greeting=tuple(bytes([byte]) for byte in ready()), answer=tuple(bytes([byte]) for byte in whole))
    )
    assert said.passed


# Deaths.


def test_a_death_for_no_reason_is_tried_once_more() -> None:
    backend = FakeBackend([dies(), passes()])
    said = run(backend)
    assert isinstance(said, Verdict)
    assert said.passed
    assert said.attempts == 2
    # The second box gets the same job, and nothing of the first one.
    assert [box.sent for box in backend.boxes] == [wire.encode_job(JOB, SPEC)] * 2


def test_a_second_death_is_the_programs() -> None:
    said = verdict(dies(), dies())
    assert said.cause is Cause.EXITED_EARLY
    assert said.status is Status.FAILED
    assert said.attempts == 2


def test_results_of_a_box_that_died_do_not_count() -> None:
    unfinished = script(plan(1), result(0), DEAD)
    assert verdict(unfinished, unfinished).cause is Cause.EXITED_EARLY
    assert verdict(unfinished, script(plan(1), result(0, 2, 1), DONE)).cause is Cause.WRONG_ANSWER


@pytest.mark.parametrize(
    ("counters", "cause"),
    [
        (Counters(oom_kills=1), Cause.MEMORY_LIMIT),
        (Counters(process_limit_hits=1), Cause.PROCESS_LIMIT),
        (HOUR, None),
        (replace(HOUR, cpu_time_us=HOUR.cpu_time_us + 1), Cause.CPU_TIME_LIMIT),
    ],
)
def test_a_death_that_was_counted_is_not_tried_again(counters: Counters, cause: Cause | None) -> None:
    first = dies(counters=(Counters(), counters))
    if cause is None:
        assert verdict(first, passes()).attempts == 2
    else:
        said = verdict(first)
        assert said.cause is cause
        assert said.attempts == 1


def test_memory_overrules_a_pass() -> None:
    said = verdict(script(*PASS, counters=(Counters(), Counters(oom_kills=1))))
    assert said.cause is Cause.MEMORY_LIMIT


# Faults of ours.


def test_a_box_that_dies_before_it_is_ready_twice_is_lost() -> None:
    never = script(greeting=[DEAD], epitaph="exit 128: no such image")
    error = service_error(never, never)
    assert error.code is ServiceErrorCode.BOX_LOST
    assert error.message == "a box ended before it was ready: exit 128: no such image"
    assert error.retryable
    assert verdict(never, passes()).attempts == 2


def test_a_box_that_cannot_be_made_twice_is_lost() -> None:
    broken = BackendError("no room")
    error = service_error(broken, BackendError("no room at all"))
    assert error.code is ServiceErrorCode.BOX_LOST
    assert error.message == "no room at all"
    assert verdict(broken, passes()).attempts == 2


def test_a_box_that_is_never_ready_is_lost() -> None:
    silent = script(greeting=[ready()[:-1]])
    error = service_error(silent, silent, job=assignment(start_timeout_ms=1))
    assert error.code is ServiceErrorCode.BOX_LOST
    assert error.message == "a box was not ready within 1 ms"


@pytest.mark.parametrize(
    "greeting",
    [
        [plan(1)],
        [b"runtime: warning: something\n"],
        [ready() + ready()],
        [ready() + b"\xff" * 9],
        [ready() + b"".join(PASS)],
        [ready() + DONE],
    ],
)
def test_what_is_said_before_the_job_is_not_the_programs(greeting: list[bytes]) -> None:
    # Nothing of the program is in the box yet; it gets no blame for it, and no pass.
    talks = script(greeting=greeting)
    error = service_error(talks, talks)
    assert error.code is ServiceErrorCode.BOX_LOST


def test_a_fault_after_a_death_is_a_fault() -> None:
    error = service_error(dies(), BackendError("no room"))
    assert error.code is ServiceErrorCode.BOX_LOST


def test_a_box_that_cannot_be_looked_at_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    async def counters(_: object) -> Counters:
        raise BackendError("no such cgroup")

    monkeypatch.setattr("sandbox.boxes.fake.FakeBox.counters", counters)
    assert service_error(passes(), passes()).message == "no such cgroup"


def test_a_box_that_is_lost_from_sight_while_it_runs_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    async def counters(_: object) -> Counters:
        nonlocal looks
        looks += 1
        if looks % 2 == 0:
            raise BackendError("no such cgroup")
        return Counters()

    monkeypatch.setattr("sandbox.boxes.fake.FakeBox.counters", counters)
    # The box stays silent: only the watch is left to notice.
    assert service_error(script(), script()).message == "no such cgroup"


@pytest.mark.parametrize("kernel", [HOST_KERNEL, "5.15.0-generic", "", f"{HOST_KERNEL}-x"])
def test_a_box_that_is_none_gets_no_job(kernel: str) -> None:
    backend = FakeBackend([script(*PASS, greeting=[ready(kernel.encode())]), passes()])
    with pytest.raises(NotGvisorError, match="not gVisor's"):
        asyncio.run(Runner(backend, host_kernel=HOST_KERNEL).run(assignment()))
    assert_all_destroyed(backend)
    # Not tried again, and not a byte of the job went in.
    assert [box.sent for box in backend.boxes] == [b""]


@pytest.mark.parametrize("protocol", [b"", b"0", b"999", b"1\0", b" 1", b"\xff"])
def test_an_agent_of_another_version_gets_no_job(protocol: bytes) -> None:
    backend = FakeBackend([script(*PASS, greeting=[ready(protocol=protocol)])] * 2)
    error = run(backend)
    assert isinstance(error, ServiceError)
    assert error.code is ServiceErrorCode.BOX_LOST
    assert "sandbox images build" in error.message
    assert [box.sent for box in backend.boxes] == [b""] * 2


def test_a_host_that_is_gvisor_itself_proves_nothing() -> None:
    backend = FakeBackend([passes()])
    with pytest.raises(NotGvisorError):
        asyncio.run(Runner(backend, host_kernel="4.4.0-gvisor").run(assignment()))


def test_a_backend_that_is_not_gvisors_is_not_tried_again() -> None:
    backend = FakeBackend([NotGvisorError("none"), passes()])
    with pytest.raises(NotGvisorError):
        asyncio.run(Runner(backend, host_kernel=HOST_KERNEL).run(assignment()))
    assert backend.boxes == []


# Time.


def test_cpu_time_over_the_limit_stops_the_box() -> None:
    over = replace(HOUR, cpu_time_us=HOUR.cpu_time_us + 6)
    said = verdict(script(counters=(Counters(cpu_time_us=5), over)))
    assert said.cause is Cause.CPU_TIME_LIMIT
    assert said.status is Status.TIMED_OUT
    assert said.attempts == 1


def test_cpu_time_from_before_the_job_does_not_count() -> None:
    start = Counters(cpu_time_us=10 * HOUR.cpu_time_us)
    end = replace(start, cpu_time_us=start.cpu_time_us + HOUR.cpu_time_us)
    said = verdict(script(*PASS, counters=(start, end)))
    assert said.passed
    assert said.usage.cpu_time_ms == HOUR_MS


def test_cpu_time_over_the_limit_that_is_seen_only_at_the_end() -> None:
    # All checks passed between two looks at the counter.
    over = replace(HOUR, cpu_time_us=HOUR.cpu_time_us + 1)
    said = verdict(script(*PASS, counters=(Counters(), over)))
    assert said.cause is Cause.CPU_TIME_LIMIT


def test_wall_time_over_the_limit_stops_a_silent_box() -> None:
    said = verdict(script(), job=assignment(wall_time_ms=1))
    assert said.cause is Cause.WALL_TIME_LIMIT
    assert said.status is Status.TIMED_OUT
    assert said.attempts == 1


@pytest.mark.parametrize("late", [PASS, (b"".join(PASS),), (framed(wire.VIOLATION, b"x"),), (b"\xff" * 9,)])
def test_what_comes_after_a_stop_does_not_count(late: tuple[bytes, ...]) -> None:
    over = replace(HOUR, cpu_time_us=HOUR.cpu_time_us + 1)
    said = verdict(script(last_words=late, counters=(Counters(), over)))
    assert said.cause is Cause.CPU_TIME_LIMIT
    assert said.tests_planned == 0
    assert said.test_results == ()


def test_what_was_said_before_a_stop_is_kept() -> None:
    # Within the limit at the first look, over it at the second: the box has been listened to in between.
    counters = (Counters(), Counters(), Counters(cpu_time_us=1_001))
    said = verdict(
        script(framed(wire.STDOUT, b"so far"), plan(2), result(0), last_words=(result(1), DONE), counters=counters),
        job=assignment(cpu_time_ms=1),
    )
    assert said.cause is Cause.CPU_TIME_LIMIT
    assert said.stdout.data == b"so far"
    assert said.tests_planned == 2
    assert len(said.test_results) == 1


def test_usage_is_what_was_counted_outside() -> None:
    start = Counters(
        cpu_time_us=1_000,
        cpu_pressure_us=50_000,
        cpu_throttled_us=20_000,
        memory_bytes=10,
        memory_peak_bytes=12,
    )
    end = Counters(
        cpu_time_us=8_999,
        cpu_pressure_us=60_000,
        cpu_throttled_us=23_000,
        memory_bytes=11,
        memory_peak_bytes=99,
    )
    usage = verdict(script(*PASS, counters=(start, end))).usage
    assert usage.cpu_time_ms == 7
    # Its own part, without what the box took before it had the job.
    assert usage.memory_peak_bytes == 89
    # Without the wait for its own quota.
    assert usage.starved_time_ms == 7
    assert usage.queue_time_ms == 7
    assert usage.wall_time_ms >= 0
    assert usage.box_start_ms >= 0


def test_usage_where_the_kernel_does_not_tell() -> None:
    # A peak that is not told apart from what is in use now can be below what it was before.
    start = Counters(memory_bytes=10, memory_peak_bytes=10)
    usage = verdict(script(*PASS, counters=(start, Counters(memory_peak_bytes=4)))).usage
    assert usage.memory_peak_bytes == 0
    assert usage.starved_time_ms == 0


# What a verdict rests on.


def test_a_verdict_has_evidence() -> None:
    assert verdict(passes()).evidence == Evidence(counter="tests_passed", value=1)
    said = verdict(script(flood(1_234)), job=assignment(output_hard_bytes=1_200))
    assert said.evidence == Evidence(
        counter="output_bytes", value=1_234, limit_name="output_hard_bytes", limit=1_200, killed_by=KilledBy.SERVICE
    )
    dead = dies(counters=(Counters(oom_kills=1), Counters(oom_kills=3)))
    assert verdict(dead, job=assignment(memory_bytes=4_321)).evidence == Evidence(
        # One of them was before the job.
        counter="oom_kills",
        value=2,
        limit_name="memory_bytes",
        limit=4_321,
        killed_by=KilledBy.KERNEL,
    )
    dead = dies(counters=(Counters(process_limit_hits=1), Counters(process_limit_hits=5)))
    assert verdict(dead, job=assignment(host_tasks_max=33)).evidence == Evidence(
        counter="process_limit_hits", value=4, limit_name="host_tasks_max", limit=33, killed_by=KilledBy.KERNEL
    )
    over = Counters(cpu_time_us=2_001)
    assert verdict(script(counters=(Counters(), over)), job=assignment(cpu_time_ms=2)).evidence == Evidence(
        counter="cpu_time_ms", value=3, limit_name="cpu_time_ms", limit=2, killed_by=KilledBy.SERVICE
    )


def test_a_verdict_says_what_does_not_bind_here() -> None:
    async def work() -> JobResult:
        runner = Runner(FakeBackend([passes()]), host_kernel=HOST_KERNEL, unenforced=("memory_bytes", "disk_bytes"))
        return await runner.run(assignment())

    said = asyncio.run(work())
    assert isinstance(said, Verdict)
    assert said.unenforced == ("memory_bytes", "disk_bytes")
    assert verdict(passes()).unenforced == ()


# The limits of each test.


def used(*cpu_time_us: int) -> tuple[Counters, ...]:
    """Looks: when the box is ready, at the end of loading and of each test, and at the end."""
    return tuple(Counters(cpu_time_us=each) for each in cpu_time_us)


TWO_TESTS = (plan(2), result(0), result(1), DONE)


def test_tests_that_stay_below_their_limit_may_be_above_it_together() -> None:
    counters = used(0, 1_000, 2_000, 3_000, 3_000)
    said = verdict(script(*TWO_TESTS, counters=counters), job=assignment(test_cpu_time_ms=1))
    assert said.passed
    assert said.usage.cpu_time_ms == 3


@pytest.mark.parametrize(
    ("counters", "planned", "reported"),
    [
        # The program or its tests, while they load.
        (used(0, 1_001), 2, 0),
        (used(0, 1_000, 2_001), 2, 1),
        (used(0, 1_000, 2_000, 3_001), 2, 2),
        # After the last test.
        (used(0, 1_000, 2_000, 3_000, 4_001), 2, 2),
    ],
)
def test_a_test_above_its_limit_that_is_seen_when_it_has_ended(
    counters: tuple[Counters, ...], planned: int, reported: int
) -> None:
    said = verdict(script(*TWO_TESTS, counters=counters), job=assignment(test_cpu_time_ms=1))
    assert said.cause is Cause.CPU_TIME_LIMIT
    assert (said.evidence.counter, said.evidence.value) == ("cpu_time_ms", 2)
    assert (said.evidence.limit_name, said.evidence.limit) == ("test_cpu_time_ms", 1)
    assert (said.tests_planned, len(said.test_results)) == (planned, reported)


def test_a_box_is_heard_while_it_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    # As where a box has too much to say to read on.
    all_is_heard = asyncio.Event()
    plain_send, plain_receive = FakeBox.send, FakeBox.receive

    async def send(box: FakeBox, data: bytes) -> None:
        if data == wire.encode_frame(wire.NEXT, b""):
            await all_is_heard.wait()
        else:
            await plain_send(box, data)

    async def receive(box: FakeBox) -> bytes:
        text = await plain_receive(box)
        if text == DONE:
            all_is_heard.set()
        return text

    monkeypatch.setattr(FakeBox, "send", send)
    monkeypatch.setattr(FakeBox, "receive", receive)
    assert verdict(script(*TWO_TESTS), job=assignment(test_cpu_time_ms=1_000)).passed


def test_tests_that_are_heard_of_together_are_judged_by_their_average() -> None:
    # A busy host listens late: three have ended since it last did, and it cannot tell them apart.
    at_once = b"".join(TWO_TESTS[:3])
    for spent, passed in [(3_000, True), (3_001, False)]:
        said = verdict(script(at_once, DONE, counters=used(0, spent, spent)), job=assignment(test_cpu_time_ms=1))
        assert said.passed is passed
    assert said.evidence.limit_name == "test_cpu_time_ms"


def test_wall_time_of_a_test_stops_a_silent_box() -> None:
    said = verdict(script(), job=assignment(test_wall_time_ms=1))
    assert said.cause is Cause.WALL_TIME_LIMIT
    assert (said.evidence.limit_name, said.evidence.limit) == ("test_wall_time_ms", 1)


# A time-out that may be the machine's.


class Turns:
    """Stands in for the scheduler: notes what the boxes do when a turn alone begins and ends."""

    def __init__(self, backend: FakeBackend, failure: Exception | None = None) -> None:
        self._backend = backend
        self._failure = failure
        self.boxes: list[tuple[int, int]] = []

    def _note(self) -> None:
        self.boxes.append((len(self._backend.boxes), self._backend.boxes_open))

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[None]:
        self._note()
        if self._failure is not None:
            raise self._failure
        try:
            yield
        finally:
            self._note()


def slow(*, starved_us: int | None = HOUR_MS * 1_000) -> Script:
    """A box that is stopped for its CPU time, in which others had the CPU for as long."""
    before, after = (None, None) if starved_us is None else (0, starved_us)
    return script(counters=(Counters(cpu_pressure_us=before), replace(OVER, cpu_pressure_us=after)))


OVER = replace(HOUR, cpu_time_us=HOUR.cpu_time_us + 1)


def confirmed(*scripts: Script | BackendError) -> tuple[JobResult, Turns]:
    backend = FakeBackend(scripts)
    turns = Turns(backend)
    return run(backend, alone=turns), turns


@pytest.mark.parametrize("doubtful", [slow(), script(*PASS, counters=(Counters(), OVER))])
@pytest.mark.parametrize(
    ("second", "cause"),
    [
        (passes(), Cause.ALL_TESTS_PASSED),
        (script(plan(1), result(0, 2, 1), DONE), Cause.WRONG_ANSWER),
        # Doubtful again, and yet the end of it.
        (slow(), Cause.CPU_TIME_LIMIT),
        (slow(starved_us=0), Cause.CPU_TIME_LIMIT),
    ],
)
def test_a_doubtful_time_out_counts_only_when_it_comes_again_alone(
    doubtful: Script, second: Script, cause: Cause
) -> None:
    said, turns = confirmed(doubtful, second)
    assert isinstance(said, Verdict)
    assert said.cause is cause
    assert said.attempts == 2
    # The first box is gone before the turn begins, and the second one before it ends.
    assert turns.boxes == [(1, 0), (2, 0)]


@pytest.mark.parametrize(
    "clear", [slow(starved_us=0), passes(), script(flood(2_000)), dies(counters=(Counters(), Counters(oom_kills=1)))]
)
def test_what_is_clear_needs_no_run_alone(clear: Script) -> None:
    said, turns = confirmed(clear)
    assert isinstance(said, Verdict)
    assert said.attempts == 1
    assert turns.boxes == []


@pytest.mark.parametrize(("late_us", "attempts"), [(None, 1), (0, 1), (HOUR_MS * 1_000, 2)])
def test_a_sleeper_whose_bytes_may_have_come_late_runs_alone(late_us: int | None, attempts: int) -> None:
    before = None if late_us is None else 0
    sleeps = script(
        counters=(
            Counters(cpu_pressure_us=0, carrier_pressure_us=before),
            Counters(cpu_pressure_us=0, carrier_pressure_us=late_us),
        )
    )
    backend = FakeBackend([sleeps, sleeps])
    said = run(backend, assignment(wall_time_ms=1), alone=Turns(backend))
    assert isinstance(said, Verdict)
    assert (said.cause, said.attempts) == (Cause.WALL_TIME_LIMIT, attempts)


def test_boxes_that_die_are_counted_on_both_sides_of_a_doubt() -> None:
    said, turns = confirmed(dies(), slow(), dies(), passes())
    assert isinstance(said, Verdict)
    assert said.passed
    assert said.attempts == 4
    assert turns.boxes == [(2, 0), (4, 0)]


def test_the_box_of_a_run_alone_is_asked_for_as_such() -> None:
    backend = FakeBackend([slow(), passes()])
    run(backend, alone=Turns(backend))
    assert [spec.alone for spec in backend.specs] == [False, True]


def test_a_run_alone_that_is_lost_is_a_service_error() -> None:
    said, turns = confirmed(slow(), BackendError("no room"), BackendError("no room at all"))
    assert isinstance(said, ServiceError)
    assert (said.code, said.message) == (ServiceErrorCode.BOX_LOST, "no room at all")
    assert turns.boxes == [(1, 0), (1, 0)]


def test_a_box_that_is_none_is_found_out_in_a_run_alone_too() -> None:
    with pytest.raises(NotGvisorError):
        confirmed(slow(), NotGvisorError("none"))


def test_a_turn_that_never_comes_is_no_verdict() -> None:
    # The first time-out may have been the machine's: it must not come out as the program's.
    backend = FakeBackend([slow()])
    with pytest.raises(ShuttingDownError):
        run(backend, alone=Turns(backend, ShuttingDownError("going")))
    assert_all_destroyed(backend)


# The box is held to the job's limits before it gets the job.


def test_a_box_is_settled_before_it_has_a_byte_of_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    settled: list[tuple[BoxSpec, bytes]] = []

    async def settle(box: Any, spec: BoxSpec) -> Counters:
        settled.append((spec, box.sent))
        return Counters()

    monkeypatch.setattr("sandbox.boxes.fake.FakeBox.settle", settle)
    asked = assignment(memory_bytes=123_456)
    assert verdict(passes(), job=asked).passed
    assert settled == [(asked.spec, b"")]


def test_a_box_that_cannot_be_settled_gets_no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    async def settle(_: Any, __: BoxSpec) -> Counters:
        raise BackendError("raise overhead_memory_bytes")

    monkeypatch.setattr("sandbox.boxes.fake.FakeBox.settle", settle)
    backend = FakeBackend([passes(), passes()])
    error = run(backend)
    assert isinstance(error, ServiceError)
    assert (error.code, error.message) == (ServiceErrorCode.BOX_LOST, "raise overhead_memory_bytes")
    assert [box.sent for box in backend.boxes] == [b"", b""]


# Leaving early.


@pytest.mark.parametrize("scripted", [script(greeting=[]), script()])
def test_a_cancelled_job_leaves_no_box(scripted: Script) -> None:
    backend = FakeBackend([scripted])

    async def work() -> None:
        task = asyncio.create_task(Runner(backend, host_kernel=HOST_KERNEL).run(assignment()))
        for _ in range(20):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(work())
    assert len(backend.boxes) == 1
    assert_all_destroyed(backend)


def test_a_job_that_was_not_read_to_its_end_can_still_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    # The box says why before it has taken the whole job; the rest is never sent.
    async def send(box: Any, _: bytes) -> None:
        box._say((framed(wire.VIOLATION, b"spoke"),))
        await asyncio.Event().wait()

    monkeypatch.setattr("sandbox.boxes.fake.FakeBox.send", send)
    assert verdict(passes()).cause is Cause.PROTOCOL_VIOLATION


# Receipts.


def receipt(tests: Tests, program: bytes = b"p") -> Receipt:
    return verdict(passes(), job=assignment(Job(program=program, tests=tests))).receipt


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def test_a_receipt_says_what_a_verdict_rests_on() -> None:
    said = receipt(SourceTests(b"assert f()"), program=b"def f(): return 1")
    assert said == Receipt(
        program_digest=sha256(b"def f(): return 1"),
        tests_digest=said.tests_digest,
        image_digest=FakeBackend().image_digest("python"),
        policy_digest="sha256:policy",
        runsc_version="none",
        harness_version=VERSION,
        backend="fake",
        limits=SPEC.limits,
    )
    # Anybody can compute it: each part after its length.
    parts = (b"source", b"assert f()")
    assert said.tests_digest == sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts))


def cases(*pairs: tuple[bytes, bytes]) -> CaseTests:
    return CaseTests(tuple(Case(*pair) for pair in pairs))


def test_different_tests_have_different_digests() -> None:
    different: list[Tests] = [
        NoTests(),
        SourceTests(b"none"),
        SourceTests(b"source"),
        SourceTests(b"ab"),
        cases((b"", b"")),
        cases((b"a", b"b")),
        cases((b"ab", b"")),
        cases((b"", b"ab")),
        cases((b"a", b""), (b"b", b"")),
        cases((b"a", b""), (b"", b"b")),
        cases((b"", b""), (b"", b"")),
        cases((b"", b"\0" * 8)),
    ]
    digests = [receipt(tests).tests_digest for tests in different]
    assert len(set(digests)) == len(different)


PARTS = st.binary(max_size=3) | st.sampled_from([b"none", b"source", b"cases", b"\0" * 8, b"\0" * 7 + b"\1"])
TESTS = st.one_of(
    st.just(NoTests()),
    st.builds(SourceTests, PARTS.filter(lambda part: bool(part.strip()))),
    st.lists(st.builds(Case, PARTS, PARTS), min_size=1, max_size=3).map(tuple).map(CaseTests),
)


@settings(UNHURRIED, max_examples=50)
@given(TESTS, TESTS)
def test_tests_have_the_same_digest_only_when_they_are_the_same(one: Tests, other: Tests) -> None:
    assert (receipt(one).tests_digest == receipt(other).tests_digest) == (one == other)


# Two boxes.


APART = replace(assignment(), spec=replace(SPEC, integrity=Integrity.SEPARATE_SANDBOX))


def test_two_boxes_make_one_verdict() -> None:
    backend = FakeBackend([passes(), script(counters=(Counters(), Counters(cpu_time_us=5_000)))])
    said = run(backend, APART)
    assert isinstance(said, Verdict)
    assert (said.cause, said.integrity, said.attempts) == (Cause.ALL_TESTS_PASSED, Integrity.SEPARATE_SANDBOX, 1)
    assert said.usage.cpu_time_ms == 5
    tests, program = backend.boxes
    assert JOB.program not in tests.sent
    assert JOB.program in program.sent
    assert b"assert f() == 1" in tests.sent
    assert b"assert f() == 1" not in program.sent


def test_what_the_box_of_the_program_says_is_no_verdict() -> None:
    said = run(FakeBackend([script(plan(1), result(0, 2, 1), DONE), script(plan(1), result(0), DONE)]), APART)
    assert isinstance(said, Verdict)
    assert said.cause is Cause.WRONG_ANSWER


@pytest.mark.parametrize("memory_goes_in", [0, 1])
def test_what_either_box_dies_of_is_the_cause(memory_goes_in: int) -> None:
    boxes = [script(), script()]
    boxes[memory_goes_in] = dies(counters=(Counters(), Counters(oom_kills=1)))
    said = run(FakeBackend(boxes), APART)
    assert isinstance(said, Verdict)
    assert (said.cause, said.attempts) == (Cause.MEMORY_LIMIT, 1)


def test_a_box_of_two_that_dies_for_no_reason_is_tried_again_with_the_other() -> None:
    backend = FakeBackend([script(), dies(), passes(), script()])
    said = run(backend, APART)
    assert isinstance(said, Verdict)
    assert (said.cause, said.attempts) == (Cause.ALL_TESTS_PASSED, 2)
    assert len(backend.boxes) == 4


def test_a_second_box_that_cannot_be_made_is_no_fault_of_the_program() -> None:
    said = run(FakeBackend([script(), BackendError("no"), script(), BackendError("no")]), APART)
    assert isinstance(said, ServiceError)
    assert said.code is ServiceErrorCode.BOX_LOST


def test_both_of_two_boxes_must_be_gvisors() -> None:
    with pytest.raises(NotGvisorError):
        run(FakeBackend([script(), script(greeting=(ready(b"6.1.0"),))]), APART)
