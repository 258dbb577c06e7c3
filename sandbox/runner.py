"""One job's life: a box is made, the job goes in, facts come out, the box is destroyed, and the facts are judged."""

import asyncio
import hashlib
import time
from dataclasses import dataclass, replace

from sandbox import wire
from sandbox.boxes.box import Backend, Box, Counters
from sandbox.boxspec import BoxSpec
from sandbox.errors import BackendError, NotGvisorError
from sandbox.job import CaseTests, Job, NoTests, SourceTests
from sandbox.judge import is_ambiguous, judge
from sandbox.outcome import Outcome, StoppedBy
from sandbox.transcript import Transcript
from sandbox.verdict import Integrity, JobResult, Receipt, ServiceError, ServiceErrorCode, Usage, Verdict
from sandbox.version import VERSION

_ATTEMPTS_MAX = 2
_CPU_CHECK_MIN_S = 0.01
_MS_PER_S = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A job with everything that was decided about it."""

    job: Job
    spec: BoxSpec
    policy_digest: str
    queue_time_ms: int = 0


class Runner:
    """Runs assignments on a backend."""

    def __init__(self, backend: Backend, *, host_kernel: str) -> None:
        """Prepare.

        Args:
            backend: Makes the boxes; started.
            host_kernel: The host's kernel release, which no box may show.
        """
        self._backend = backend
        self._host_kernel = host_kernel

    async def run(self, assignment: Assignment) -> JobResult:
        """Run a job to its verdict.

        A box that dies for no reason that any counter knows is replaced once; a second such death is the program's.

        Returns:
            The verdict, or a service error when the tests or the service are at fault. Backend errors become one.

        Raises:
            NotGvisorError: The boxes made here are none. The server must stop serving.
        """
        job = assignment.job
        attempts = 0
        while True:
            attempts += 1
            try:
                outcome = await self._run_once(assignment)
            except NotGvisorError:
                raise
            except BackendError as error:
                if attempts < _ATTEMPTS_MAX:
                    continue
                return ServiceError(job_id=job.id, code=ServiceErrorCode.BOX_LOST, message=str(error))
            if not is_ambiguous(outcome) or attempts == _ATTEMPTS_MAX:
                return self._conclude(assignment, outcome, attempts)

    def _conclude(self, assignment: Assignment, outcome: Outcome, attempts: int) -> JobResult:
        job = assignment.job
        opinion = judge(outcome)
        if isinstance(opinion.says, ServiceErrorCode):
            return ServiceError(job_id=job.id, code=opinion.says, message=opinion.message)
        return Verdict(
            job_id=job.id,
            cause=opinion.says,
            message=opinion.message,
            tests_planned=outcome.tests_planned or 0,
            test_results=outcome.test_results,
            usage=replace(outcome.usage, queue_time_ms=assignment.queue_time_ms),
            stdout=outcome.stdout,
            stderr=outcome.stderr,
            integrity=Integrity.SEPARATE_PROCESS,
            receipt=self._receipt(assignment),
            attempts=attempts,
        )

    def _receipt(self, assignment: Assignment) -> Receipt:
        job, spec = assignment.job, assignment.spec
        return Receipt(
            program_digest=_digest(job.program),
            tests_digest=_digest(*_tests_parts(job)),
            image_digest=self._backend.image_digest(spec.language),
            policy_digest=assignment.policy_digest,
            runsc_version=self._backend.runsc_version,
            harness_version=VERSION,
            backend=self._backend.name,
            limits=spec.limits,
        )

    async def _run_once(self, assignment: Assignment) -> Outcome:
        spec = assignment.spec
        begun = time.monotonic()
        async with self._backend.open(spec) as box:
            transcript = Transcript(spec.limits.output_bytes)
            await self._wait_until_ready(box, transcript, spec)
            before = await box.counters()
            started = time.monotonic()
            watch = _Watch(box, spec, before, started)
            # The program's bytes go out here; from now on, whatever happens to the box may be its doing.
            await self._converse(box, assignment, transcript, watch)
            wall_time_s = time.monotonic() - started
            after = await box.counters()
            await box.kill()
            stopped_by = watch.stopped_by
            cpu_time_us = after.cpu_time_us - before.cpu_time_us
            if stopped_by is None and cpu_time_us > spec.limits.cpu_time_ms * 1000:
                # It ended between two looks at the counter, having used more than it may.
                stopped_by = StoppedBy.CPU_TIME
            usage = Usage(
                cpu_time_ms=cpu_time_us // 1000,
                wall_time_ms=round(wall_time_s * _MS_PER_S),
                memory_peak_bytes=after.memory_peak_bytes,
                box_start_ms=round((started - begun) * _MS_PER_S),
            )
            return transcript.outcome(
                stopped_by=stopped_by,
                oom_kills=after.oom_kills - before.oom_kills,
                process_limit_hits=after.process_limit_hits - before.process_limit_hits,
                usage=usage,
                box_exit="" if transcript.sealed else await box.epitaph(),
            )

    async def _converse(self, box: Box, assignment: Assignment, transcript: Transcript, watch: "_Watch") -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                sending = tasks.create_task(box.send(wire.encode_job(assignment.job, assignment.spec)))
                watching = tasks.create_task(watch.stop_when_due())
                await self._listen(box, transcript, watch)
                sending.cancel()
                watching.cancel()
        except ExceptionGroup as group:
            raise group.exceptions[0] from group

    async def _wait_until_ready(self, box: Box, transcript: Transcript, spec: BoxSpec) -> None:
        try:
            async with asyncio.timeout(spec.rules.start_timeout_ms / _MS_PER_S):
                while transcript.guest_kernel is None:
                    data = await box.receive()
                    if not data:
                        raise BackendError(f"a box ended before it was ready: {await box.epitaph()}")
                    transcript.feed(data)
                    if transcript.violated or transcript.sealed:
                        # It has not got a byte of the job yet: whatever this is, it is not the program's.
                        raise BackendError("a box spoke out of turn before it got its job")
        except TimeoutError:
            raise BackendError(f"a box was not ready within {spec.rules.start_timeout_ms} ms") from None
        kernel = transcript.guest_kernel
        if kernel == self._host_kernel or "gvisor" not in kernel:
            raise NotGvisorError(f"a box shows the kernel {kernel!r}, which is not gVisor's: nothing may run in it")
        if transcript.guest_protocol != str(wire.PROTOCOL):
            raise BackendError(
                f"the image of {spec.language} has a guest agent of another version: run sandbox images build"
            )

    async def _listen(self, box: Box, transcript: Transcript, watch: "_Watch") -> None:
        """Take in what the box says until it is sealed, stopped, or dead."""
        while not transcript.sealed and not transcript.violated:
            data = await box.receive()
            if watch.stopped_by is not None or not data:
                return
            transcript.feed(data)
            if transcript.flooded:
                watch.stopped_by = StoppedBy.OUTPUT
                return


class _Watch:
    """Stops a box when its time is up, and writes down why before it does."""

    def __init__(self, box: Box, spec: BoxSpec, before: Counters, started: float) -> None:
        self._box = box
        self._before = before
        self._cpu_limit_s = spec.limits.cpu_time_ms / _MS_PER_S
        self._deadline = started + spec.limits.wall_time_ms / _MS_PER_S
        self._cores = spec.rules.cpu_quota_percent / 100
        self.stopped_by: StoppedBy | None = None

    async def stop_when_due(self) -> None:
        """Sleep until a limit can have been reached, look, and sleep again or kill."""
        while True:
            now = time.monotonic()
            used_s = ((await self._box.counters()).cpu_time_us - self._before.cpu_time_us) / 1_000_000
            if used_s > self._cpu_limit_s:
                self.stopped_by = StoppedBy.CPU_TIME
            elif now >= self._deadline:
                self.stopped_by = StoppedBy.WALL_TIME
            if self.stopped_by is not None:
                await self._box.kill()
                return
            # The quota bounds how fast CPU time can grow: no look is needed before.
            cpu_due_s = max((self._cpu_limit_s - used_s) / self._cores, _CPU_CHECK_MIN_S)
            await asyncio.sleep(min(cpu_due_s, self._deadline - now))


def _tests_parts(job: Job) -> tuple[bytes, ...]:
    if isinstance(job.tests, SourceTests):
        return (b"source", job.tests.source)
    if isinstance(job.tests, CaseTests):
        return (b"cases", *(part for case in job.tests.cases for part in (case.input, case.expected_output)))
    assert isinstance(job.tests, NoTests)  # noqa: S101 (exhaustiveness, for the type checker)
    return (b"none",)


def _digest(*parts: bytes) -> str:
    """Digest parts unambiguously: each is preceded by its length unless it is the only one."""
    digest = hashlib.sha256()
    for part in parts:
        if len(parts) > 1:
            digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return "sha256:" + digest.hexdigest()
