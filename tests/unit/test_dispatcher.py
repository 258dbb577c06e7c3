"""A job's way to its box: refusals name their field, faults become service errors, and a log tells no secrets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from sandbox import wire
from sandbox.boxes.box import Box
from sandbox.boxes.counters import Counters
from sandbox.boxes.fake import FakeBackend, Script
from sandbox.boxspec import BoxSpec
from sandbox.diagnostics import Diagnostics
from sandbox.dispatcher import Dispatcher, service_error
from sandbox.errors import (
    AdmissionError,
    BackendError,
    JobRefusedError,
    NotGvisorError,
    OverloadedError,
    SandboxError,
    ShuttingDownError,
)
from sandbox.job import Job, SourceTests
from sandbox.language import load_languages
from sandbox.limits import RequestedLimits
from sandbox.paths import data_dir
from sandbox.policy import load_policies
from sandbox.runner import Runner
from sandbox.scheduler import Scheduler
from sandbox.verdict import JobResult, ServiceError, ServiceErrorCode, Verdict

POLICIES = load_policies(data_dir("policies"))
LANGUAGES = load_languages(data_dir("images"))
HOST_KERNEL = "6.1.0-host"
SECRETS = ("program-secret", "tests-secret", "output-secret", "message-secret")
JOB = Job(id="job", program=b"program-secret", tests=SourceTests(b"tests-secret"))


def framed(kind: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(4, "big") + bytes([kind]) + payload


READY = framed(wire.READY, b"4.4.0-gvisor\0" + str(wire.PROTOCOL).encode())
PASS = (
    framed(wire.STDOUT, b"output-secret"),
    framed(wire.PLAN, wire.PLAN_BODY.pack(1)),
    framed(wire.RESULT, wire.RESULT_BODY.pack(0, 1, 0) + b"message-secret"),
    framed(wire.DONE),
)
PASSES = Script(greeting=(READY,), answer=PASS)


def dispatcher(*scripts: Script | BackendError, slots: int = 2, queue_jobs_max: int = 5) -> Dispatcher:
    backend = FakeBackend(scripts)
    return Dispatcher(
        backend=backend,
        runner=Runner(backend, host_kernel=HOST_KERNEL),
        scheduler=Scheduler(slots=slots, queue_jobs_max=queue_jobs_max),
        policies=POLICIES,
        languages=LANGUAGES,
    )


async def settle() -> None:
    """Let every task go on as far as it can."""
    for _ in range(50):
        await asyncio.sleep(0)


class Undying:
    """A cgroup that is never empty."""

    oci_path = "/sandbox/stuck"

    def pids(self) -> list[int]:
        return []


def answer(parts: Dispatcher, job: Job = JOB) -> JobResult:
    with capture_logs():
        return asyncio.run(parts.answer(job))


def refusal(job: Job) -> JobRefusedError:
    with pytest.raises(JobRefusedError) as caught:
        dispatcher().plan(job)
    return caught.value


def test_a_plan_is_the_policys() -> None:
    planned, diagnostics = dispatcher().plan(JOB)
    assert planned.job is JOB
    assert planned.spec == POLICIES["default"].plan(JOB, LANGUAGES["python"])
    assert planned.spec.policy_digest == POLICIES["default"].digest
    assert diagnostics is POLICIES["default"].diagnostics_max


@pytest.mark.parametrize("name", ["", "Default", "default.toml", "../default", "/etc/passwd", "--runtime=runc", "a\0b"])
def test_unknown_names_are_refused_and_the_known_ones_listed(name: str) -> None:
    by_policy = refusal(Job(program=b"p", policy=name))
    assert by_policy.field == "job.policy"
    assert by_policy.reason == f"unknown; known are {', '.join(sorted(POLICIES))}"
    by_language = refusal(Job(program=b"p", language=name))
    assert by_language.field == "job.language"
    assert by_language.reason == f"unknown; known are {', '.join(sorted(LANGUAGES))}"


def test_a_refused_job_takes_no_slot_and_no_box() -> None:
    # A job that is refused for its limits is refused also while nobody could run it.
    parts = dispatcher(slots=1)
    parts.scheduler.drain()
    error = answer(parts, Job(id="job", program=b"p", limits=RequestedLimits(cpu_time_ms=2**60)))
    assert isinstance(error, ServiceError)
    assert error.code is ServiceErrorCode.REFUSED
    assert error.field == "job.limits.cpu_time_ms"


def test_a_verdict_tells_no_more_than_is_asked_for() -> None:
    full = answer(dispatcher(PASSES))
    discreet = answer(dispatcher(PASSES), replace(JOB, diagnostics=Diagnostics.NONE))
    assert isinstance(full, Verdict)
    assert isinstance(discreet, Verdict)
    assert (full.passed, full.stdout.data) == (True, b"output-secret")
    assert (discreet.passed, discreet.stdout.data, discreet.test_results) == (True, b"", ())


def test_a_verdict_knows_how_long_its_job_waited() -> None:
    verdict = answer(dispatcher(PASSES))
    assert isinstance(verdict, Verdict)
    assert verdict.passed
    assert verdict.usage.queue_time_ms >= 0
    assert verdict.receipt.policy_digest == POLICIES["default"].digest


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (JobRefusedError("job.program", "is empty"), ServiceErrorCode.REFUSED, False),
        (OverloadedError(5, 1_000), ServiceErrorCode.OVERLOADED, True),
        (ShuttingDownError("going"), ServiceErrorCode.SHUTTING_DOWN, True),
        (AdmissionError("not now"), ServiceErrorCode.SHUTTING_DOWN, True),
        (BackendError("broken"), ServiceErrorCode.BOX_LOST, True),
        (SandboxError("something"), ServiceErrorCode.BOX_LOST, True),
    ],
)
def test_every_error_of_ours_has_a_code(
    error: SandboxError, code: ServiceErrorCode, retryable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def execute(_: Any, *__: Any) -> JobResult:
        raise error

    monkeypatch.setattr(Dispatcher, "execute", execute)
    said = answer(dispatcher())
    assert said == service_error("job", error)
    assert isinstance(said, ServiceError)
    assert said.job_id == "job"
    assert said.code is code
    assert said.retryable is retryable
    if isinstance(error, JobRefusedError):
        assert (said.field, said.message) == ("job.program", "is empty")
    else:
        assert (said.field, said.message) == ("", str(error))


def test_a_box_that_is_none_is_nobodys_answer() -> None:
    not_gvisor = Script(greeting=(framed(wire.READY, HOST_KERNEL.encode()),))
    with pytest.raises(NotGvisorError):
        answer(dispatcher(not_gvisor))


def test_a_bug_of_ours_is_not_hidden() -> None:
    # The fake has no script left, which no backend error says.
    with pytest.raises(RuntimeError, match="scripts"):
        answer(dispatcher())


def test_boxes_that_cannot_be_made_are_a_service_error_with_a_reason_in_the_log() -> None:
    with capture_logs() as logs:
        error = asyncio.run(dispatcher(BackendError("no room"), BackendError("no room")).answer(JOB))
    assert isinstance(error, ServiceError)
    assert error.code is ServiceErrorCode.BOX_LOST
    assert [entry["reason"] for entry in logs] == ["no room"]


def test_a_full_queue_is_a_service_error() -> None:
    async def work() -> list[JobResult]:
        silent = Script(greeting=(READY,))
        parts = dispatcher(silent, slots=1, queue_jobs_max=1)
        running, waiting = (asyncio.create_task(parts.answer(JOB)) for _ in range(2))
        for _ in range(20):
            await asyncio.sleep(0)
        refused = await parts.answer(JOB)
        parts.scheduler.drain()
        running.cancel()
        await asyncio.wait([running, waiting])
        assert running.cancelled()
        return [refused, waiting.result()]

    codes = [each.code for each in asyncio.run(work()) if isinstance(each, ServiceError)]
    assert codes == [ServiceErrorCode.OVERLOADED, ServiceErrorCode.SHUTTING_DOWN]


class SlowToGo(FakeBackend):
    """Its boxes are gone only when they are told to be, and then in order or not."""

    def __init__(self, scripts: list[Script], failure: BackendError | None = None) -> None:
        super().__init__(scripts)
        self.may_go = asyncio.Event()
        self._failure = failure

    @asynccontextmanager
    async def _open(self, spec: BoxSpec) -> AsyncIterator[Box]:
        async with super()._open(spec) as box:
            yield box
            await self.may_go.wait()
            if self._failure is not None:
                raise self._failure


def slow_to_go(backend: FakeBackend) -> Dispatcher:
    return Dispatcher(
        backend=backend,
        runner=Runner(backend, host_kernel=HOST_KERNEL),
        scheduler=Scheduler(slots=1, queue_jobs_max=5),
        policies=POLICIES,
        languages=LANGUAGES,
    )


def test_a_verdict_does_not_wait_until_the_box_is_gone_but_the_next_job_does() -> None:
    async def work() -> None:
        backend = SlowToGo([PASSES, PASSES])
        parts = slow_to_go(backend)
        first = await parts.answer(JOB)
        assert isinstance(first, Verdict)
        assert first.passed
        assert (backend.boxes_open, parts.scheduler.running) == (1, 1)
        # It is dead, though.
        assert backend.boxes[0].killed
        next_one = asyncio.create_task(parts.answer(JOB))
        await settle()
        assert len(backend.boxes) == 1
        backend.may_go.set()
        await next_one
        await parts.scheduler.idle()
        assert backend.boxes_open == 0

    with capture_logs():
        asyncio.run(work())


def test_who_goes_away_takes_the_box_along() -> None:
    async def work() -> None:
        backend = FakeBackend([Script(greeting=(READY,))])
        parts = slow_to_go(backend)
        asking = asyncio.create_task(parts.answer(JOB))
        await settle()
        assert backend.boxes_open == 1
        asking.cancel()
        await asyncio.wait([asking])
        assert asking.cancelled()
        assert (backend.boxes_open, parts.scheduler.running) == (0, 0)

    with capture_logs():
        asyncio.run(work())


def test_a_box_that_does_not_go_in_order_takes_no_verdict_back() -> None:
    async def work() -> JobResult:
        backend = SlowToGo([PASSES], BackendError("it does not go"))
        parts = slow_to_go(backend)
        backend.may_go.set()
        result = await parts.answer(JOB)
        await settle()
        assert parts.scheduler.running == 0
        return result

    with capture_logs() as logs:
        result = asyncio.run(work())
    assert isinstance(result, Verdict)
    assert result.passed
    assert [entry["error"] for entry in logs if entry["log_level"] == "error"] == ["it does not go"]


# A busy machine.

HOUR_US = 3_600_000_000
# Others had the CPU for all of the time, so that nobody knows whether the program is too slow.
SLOW = Script(
    greeting=(READY,),
    counters=(Counters(cpu_pressure_us=0), Counters(cpu_time_us=HOUR_US, cpu_pressure_us=HOUR_US)),
)


def test_a_doubtful_time_out_is_confirmed_by_a_run_alone() -> None:
    with capture_logs() as logs:
        parts = dispatcher(SLOW, PASSES)
        verdict = asyncio.run(parts.answer(JOB))
    assert isinstance(verdict, Verdict)
    assert verdict.passed
    assert verdict.attempts == 2
    assert [(entry["status"], entry["attempts"]) for entry in logs] == [("PASSED", 2)]
    assert (parts.scheduler.running, parts.scheduler.waiting) == (0, 0)


def test_a_run_alone_waits_for_the_others_and_the_others_for_it() -> None:
    async def work() -> None:
        silent = Script(greeting=(READY,))
        parts = dispatcher(silent, SLOW, silent, silent, slots=2)
        backend = parts.backend
        assert isinstance(backend, FakeBackend)
        first, doubtful = (asyncio.create_task(parts.answer(JOB)) for _ in range(2))
        await settle()
        async with asyncio.timeout(60):
            while backend.boxes_open == 2:  # noqa: ASYNC110 (a fake box has no event)
                await asyncio.sleep(0.005)
        # The box that was too slow is gone, and its next one waits until the other job has ended.
        assert (len(backend.boxes), backend.boxes_open) == (2, 1)
        third = asyncio.create_task(parts.answer(JOB))
        await settle()
        assert (len(backend.boxes), backend.boxes_open) == (2, 1)
        first.cancel()
        await settle()
        assert (len(backend.boxes), backend.boxes_open) == (3, 1)
        doubtful.cancel()
        await settle()
        assert (len(backend.boxes), backend.boxes_open) == (4, 1)
        third.cancel()
        await asyncio.wait([first, doubtful, third])
        assert backend.boxes_open == 0
        assert (parts.scheduler.running, parts.scheduler.waiting) == (0, 0)

    asyncio.run(work())


def test_a_time_out_that_cannot_be_confirmed_any_more_is_a_service_error() -> None:
    async def work() -> JobResult:
        silent = Script(greeting=(READY,))
        parts = dispatcher(silent, SLOW, slots=2)
        running, doubtful = (asyncio.create_task(parts.answer(JOB)) for _ in range(2))
        await settle()
        parts.scheduler.drain()
        running.cancel()
        return await doubtful

    error = asyncio.run(work())
    assert isinstance(error, ServiceError)
    assert error.code is ServiceErrorCode.SHUTTING_DOWN
    assert error.retryable


def test_a_box_that_does_not_die_keeps_its_slot() -> None:
    async def work() -> None:
        silent = Script(greeting=(READY,))
        parts = dispatcher(silent, silent, slots=2)
        backend = parts.backend
        assert isinstance(backend, FakeBackend)
        backend.quarantine.take("stuck", Undying(), lambda: None)  # type: ignore[arg-type]
        tasks = [asyncio.create_task(parts.answer(JOB)) for _ in range(2)]
        await settle()
        assert (parts.scheduler.running, parts.scheduler.waiting) == (1, 1)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await backend.quarantine.close()

    with capture_logs():
        asyncio.run(work())


FAILS = Script(
    greeting=(READY,),
    answer=(
        framed(wire.STDERR, b"output-secret"),
        framed(wire.PLAN, wire.PLAN_BODY.pack(1)),
        framed(wire.RESULT, wire.RESULT_BODY.pack(0, 2, 1) + b"message-secret"),
        framed(wire.DONE),
    ),
)
TESTS_BROKEN = Script(greeting=(READY,), answer=(framed(wire.TESTS_ERROR, b"message-secret"), framed(wire.DONE)))


@pytest.mark.parametrize("script", [PASSES, FAILS, TESTS_BROKEN])
def test_one_line_is_logged_and_nothing_of_the_job_is_in_it(script: Script) -> None:
    with capture_logs() as logs:
        asyncio.run(dispatcher(script).answer(JOB))
    assert len(logs) == 1
    assert logs[0]["job_id"] == "job"
    assert "cause" in logs[0] or "service_error" in logs[0]
    assert not [secret for secret in SECRETS if secret in repr(logs)]
