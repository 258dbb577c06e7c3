"""One job's life: a box is made, the job goes in, facts come out, the box is destroyed, and the facts are judged."""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from sandbox import wire
from sandbox.boxes.batch import Batch, Client
from sandbox.boxes.box import Backend, Box, Reusable
from sandbox.boxes.counters import Counters
from sandbox.boxes.pair import Pair
from sandbox.boxspec import BoxSpec
from sandbox.errors import BackendError, NotGvisorError
from sandbox.job import CallTests, CaseTests, Job, NoTests, SourceTests
from sandbox.judge import is_ambiguous, is_doubtful, judge
from sandbox.outcome import Outcome, Stop, StoppedBy
from sandbox.transcript import Transcript
from sandbox.verdict import JobResult, Receipt, ServiceError, ServiceErrorCode, Usage, Verdict
from sandbox.version import VERSION
from sandbox.watch import Watch, carrier_starved_us, starved_us

_ATTEMPTS_MAX = 2
_MS_PER_S = 1000

Alone = Callable[[], AbstractAsyncContextManager[None]]
"""Gives a turn with no other job beside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A job with everything that was decided about it.

    Attributes:
        job: What is to be run.
        spec: The box for it.
        queue_time_ms: How long it waited for its turn.
        client: Whose other jobs it may share a box with, if the policy lets boxes be shared.
    """

    job: Job
    spec: BoxSpec
    queue_time_ms: int = 0
    client: Client | None = None


class Runner:
    """Runs assignments on a backend."""

    def __init__(
        self, backend: Backend, *, host_kernel: str, unenforced: tuple[str, ...] = (), batch: Batch | None = None
    ) -> None:
        """Prepare.

        Args:
            backend: Makes the boxes; started.
            host_kernel: The host's kernel release, which no box may show.
            unenforced: Limits that do not bind here; each verdict says so.
            batch: Where boxes come from that serve several jobs. None: each job has a box of its own.
        """
        self._backend = backend
        self._host_kernel = host_kernel
        self._unenforced = unenforced
        self._batch = batch

    def client(self) -> AbstractContextManager[Client | None]:
        """Give a client: whose jobs may share boxes, where the policy says so. On leaving, its boxes go."""
        return contextlib.nullcontext() if self._batch is None else self._batch.client()

    async def close(self) -> None:
        """Destroy boxes that wait for another job. No job may be running."""
        if self._batch is not None:
            await self._batch.close()

    async def run(self, assignment: Assignment, *, alone: Alone | None = None) -> JobResult:
        """Run a job to its verdict, and return when its box is gone; see `running`."""
        async with self.running(assignment, alone=alone) as result:
            return result
        raise AssertionError("unreachable: a context that swallows nothing")

    @asynccontextmanager
    async def running(self, assignment: Assignment, *, alone: Alone | None = None) -> AsyncIterator[JobResult]:
        """Run a job to its verdict, and give it. On leaving, its box, which is dying by then, is done away with.

        A box that dies for no reason that any counter knows is replaced once; a second such death is the program's. A
        time-out, or a death by memory, that may be the machine's is confirmed once by a run alone.

        Args:
            assignment: The job.
            alone: Gives a turn with nobody beside. None: nothing is confirmed.

        Gives:
            The verdict, or a service error when the tests or the service are at fault. Backend errors become one.

        Raises:
            NotGvisorError: The boxes made here are none. The server must stop serving.
            ShuttingDownError: The server goes away before a doubtful end could be confirmed.
            BackendError: On leaving: the box could not be done away with in order.
        """
        async with AsyncExitStack() as boxes:
            try:
                outcome, attempts = await self._run_until_clear(assignment, boxes)
                if alone is not None and is_doubtful(outcome):
                    # Gone before the turn begins; the next one before it ends.
                    await boxes.aclose()
                    await boxes.enter_async_context(alone())
                    spec = replace(assignment.spec, alone=True)
                    outcome, more = await self._run_until_clear(replace(assignment, spec=spec), boxes)
                    attempts += more
                result = self._conclude(assignment, outcome, attempts)
            except NotGvisorError:
                raise
            except BackendError as error:
                await boxes.aclose()
                text = str(error)
                result = ServiceError(job_id=assignment.job.id, code=ServiceErrorCode.BOX_LOST, message=text)
            yield result

    async def _run_until_clear(self, assignment: Assignment, boxes: AsyncExitStack) -> tuple[Outcome, int]:
        """Run a job in one box, or in two when the first one is lost. Returns what came of it, and how many.

        Args:
            assignment: The job.
            boxes: Gets the last box, dead.

        Raises:
            BackendError: Both were lost, and not by the program.
        """
        for attempts in range(1, _ATTEMPTS_MAX):
            try:
                async with AsyncExitStack() as box:
                    outcome = await self._run_once(assignment, box)
                    if not is_ambiguous(outcome):
                        boxes.push_async_exit(box.pop_all())
                        return outcome, attempts
            except NotGvisorError:
                raise
            except BackendError:
                continue
        # One that did not wait: those that did may have died of one and the same thing.
        spec = replace(assignment.spec, alone=True)
        return await self._run_once(replace(assignment, spec=spec), boxes), _ATTEMPTS_MAX

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
            integrity=assignment.spec.integrity,
            receipt=self._receipt(assignment, outcome),
            evidence=opinion.evidence,
            attempts=attempts,
            unenforced=self._unenforced,
        )

    def _receipt(self, assignment: Assignment, outcome: Outcome) -> Receipt:
        job, spec = assignment.job, assignment.spec
        return Receipt(
            program_digest=_digest(job.program),
            tests_digest=_digest(*_tests_parts(job)),
            image_digest=self._backend.image_digest(spec.language),
            policy_digest=spec.policy_digest,
            runsc_version=self._backend.runsc_version,
            harness_version=VERSION,
            backend=self._backend.name,
            limits=spec.limits,
            box_jobs_before=outcome.jobs_before,
        )

    async def _run_once(self, assignment: Assignment, stack: AsyncExitStack) -> Outcome:
        spec = assignment.spec
        begun = time.monotonic()
        box, transcript = await self._open(assignment, stack)
        before = await box.settle(spec)
        box_start_ms = round((time.monotonic() - begun) * _MS_PER_S)
        watch = Watch(box, spec, before)
        # The program's bytes go out here; from now on, whatever happens to the box may be its doing.
        await self._converse(box, assignment, transcript, watch)
        wall_time_ms = watch.elapsed_ms()
        after = await box.counters() if isinstance(box, Reusable) else await box.end()
        jobs_before = box.jobs_before if isinstance(box, Reusable) else 0
        stop = watch.at_the_end(after)
        if isinstance(box, Reusable):
            if transcript.sealed and not transcript.violated and stop is None and not _was_hit(before, after):
                box.retain()
            else:
                await box.kill()
        starved = starved_us(before, after)
        starved_ms = None if starved is None else starved // 1000
        counted = Outcome(
            sealed=transcript.sealed,
            stop=stop,
            oom_kills=after.oom_kills - before.oom_kills,
            process_limit_hits=after.process_limit_hits - before.process_limit_hits,
            memory_limit_bytes=spec.limits.memory_bytes,
            host_tasks_max=spec.rules.host_tasks_max,
            jobs_before=jobs_before,
            usage=Usage(
                cpu_time_ms=(after.cpu_time_us - before.cpu_time_us) // 1000,
                wall_time_ms=wall_time_ms,
                starved_time_ms=starved_ms or 0,
                memory_peak_bytes=max(0, after.memory_peak_bytes - before.memory_bytes),
                box_start_ms=box_start_ms,
                box_restored=box.restored,
                box_waited=box.waited,
            ),
            starved_ms=starved_ms,
            carrier_starved_ms=carrier_starved_us(before, after) // 1000,
        )
        return transcript.outcome(counted)

    async def _open(self, assignment: Assignment, stack: AsyncExitStack) -> tuple[Box, Transcript]:
        """Make the box of a job, or its two, and wait until they are ready."""
        spec = assignment.spec
        box, transcript = await self._open_one(assignment, stack)
        if spec.boxes == 1:
            return box, transcript
        program, _ = await self._open_one(assignment, stack)
        frames = wire.encode_program_side(assignment.job, spec)
        return await stack.enter_async_context(Pair.joined(box, program, frames)), transcript

    async def _open_one(self, assignment: Assignment, stack: AsyncExitStack) -> tuple[Box, Transcript]:
        spec = assignment.spec
        opening = self._backend.open(spec) if self._batch is None else self._batch.open(spec, assignment.client)
        box = await stack.enter_async_context(opening)
        transcript = Transcript(spec.limits.output_bytes)
        await self._wait_until_ready(box, transcript, spec)
        return box, transcript

    async def _converse(self, box: Box, assignment: Assignment, transcript: Transcript, watch: Watch) -> None:
        # Whoever waits until a box reads does not hear it, and a box that is not heard may not read.
        to_send = asyncio.Queue[bytes]()
        to_send.put_nowait(_frames(assignment))

        async def send() -> None:
            while True:
                await box.send(await to_send.get())

        try:
            async with asyncio.TaskGroup() as tasks:
                sending = tasks.create_task(send())
                watching = tasks.create_task(watch.stop_when_due())
                await self._listen(box, transcript, watch, assignment.spec, to_send)
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
                    if transcript.violated or transcript.sealed or transcript.progress:
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

    async def _listen(
        self, box: Box, transcript: Transcript, watch: Watch, spec: BoxSpec, to_send: asyncio.Queue[bytes]
    ) -> None:
        """Take in what the box says until it is sealed, stopped, or dead."""
        while not transcript.sealed and not transcript.violated:
            data = await box.receive()
            if watch.stop is not None or not data:
                return
            progress = transcript.progress
            transcript.feed(data)
            if transcript.output_total_bytes is not None:
                watch.stop = Stop(
                    by=StoppedBy.OUTPUT,
                    limit_name="output_hard_bytes",
                    limit=spec.rules.output_hard_bytes,
                    value=transcript.output_total_bytes,
                )
                return
            ended = transcript.progress - progress
            if ended > 0 and await watch.next_test(ended):
                to_send.put_nowait(ended * wire.encode_frame(wire.NEXT, b""))


def _was_hit(before: Counters, after: Counters) -> bool:
    """Tell whether the box as a whole has met a limit of its own."""
    return after.oom_kills > before.oom_kills or after.process_limit_hits > before.process_limit_hits


def _frames(assignment: Assignment) -> bytes:
    encode = wire.encode_job if assignment.spec.boxes == 1 else wire.encode_tests_side
    return encode(assignment.job, assignment.spec)


def _tests_parts(job: Job) -> tuple[bytes, ...]:
    if isinstance(job.tests, SourceTests):
        return (b"source", job.tests.source)
    if isinstance(job.tests, CaseTests):
        how = (b"cases", job.tests.comparator.value.encode(), repr(job.tests.tolerance).encode(), job.tests.checker)
        return (*how, *(part for case in job.tests.cases for part in (case.input, case.expected_output)))
    if isinstance(job.tests, CallTests):
        called = (b"calls", job.tests.function.encode(), repr(job.tests.tolerance).encode())
        return (*called, *(part for case in job.tests.cases for part in (case.arguments, case.expected)))
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
