"""Takes a job through policy, queue and box, and logs one line about it."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from typing import Any

from sandbox.boxes.batch import Client
from sandbox.boxes.box import Backend
from sandbox.diagnostics import Diagnostics, redacted
from sandbox.errors import AdmissionError, JobRefusedError, NotGvisorError, OverloadedError, SandboxError
from sandbox.job import Job
from sandbox.language import Language
from sandbox.logs import logger
from sandbox.metrics import Metrics
from sandbox.policy import Policy
from sandbox.runner import Assignment, Runner
from sandbox.scheduler import Scheduler
from sandbox.verdict import JobResult, ServiceError, ServiceErrorCode, Verdict


class Dispatcher:
    """Everything between the wire and the box."""

    def __init__(
        self,
        *,
        backend: Backend,
        runner: Runner,
        scheduler: Scheduler,
        policies: Mapping[str, Policy],
        languages: Mapping[str, Language],
        metrics: Metrics | None = None,
    ) -> None:
        """Wire the parts together.

        Args:
            backend: Makes the boxes.
            runner: Runs jobs in them.
            scheduler: Says when.
            policies: By name.
            languages: By name.
            metrics: What counts the jobs, if anything does.
        """
        self.backend = backend
        self.scheduler = scheduler
        self.policies: Mapping[str, Policy] = policies
        self.languages = languages
        self._runner = runner
        self._running: set[asyncio.Task[None]] = set()
        self._metrics = metrics
        self._log = logger()
        # A box that does not die keeps its slot: what it uses is not there for others.
        backend.quarantine.report_to(scheduler.withhold)

    def client(self) -> AbstractContextManager[Client | None]:
        """Give a client: whose jobs may share boxes, where the policy says so. On leaving, its boxes go."""
        return self._runner.client()

    def plan(self, job: Job) -> tuple[Assignment, Diagnostics]:
        """Decide everything about a job that needs no box, and how much is told of it.

        Raises:
            JobRefusedError: It names an unknown policy or language, or asks for too much.
        """
        # One look: while the job waits or runs, the policies may be replaced.
        policies = self.policies
        policy, language = policies.get(job.policy), self.languages.get(job.language)
        if policy is None:
            raise JobRefusedError("job.policy", f"unknown; known are {', '.join(sorted(policies))}")
        if language is None:
            raise JobRefusedError("job.language", f"unknown; known are {', '.join(sorted(self.languages))}")
        assignment = Assignment(job=job, spec=policy.plan(job, language))
        return assignment, policy.diagnostics_of(job)

    def refuse(self, job_id: str, error: SandboxError) -> ServiceError:
        """Count a job that does not get as far as this, and return what its caller is told."""
        refused = service_error(job_id, error)
        if self._metrics is not None:
            self._metrics.count_error(refused)
        return refused

    async def execute(self, job: Job, client: Client | None = None) -> JobResult:
        """Run a job to its result.

        Args:
            job: The job.
            client: Whose it is, if it may share a box.

        Raises:
            JobRefusedError: It was not run and never will be.
            AdmissionError: It was not run now.
            NotGvisorError: Boxes here are none; the server must stop.
        """
        try:
            assignment, diagnostics = self.plan(job)
            result = await self._verdict(replace(assignment, client=client))
        except SandboxError as error:
            self.refuse(job.id, error)
            raise
        if self._metrics is not None:
            self._metrics.count(job, result)
        self._log_result(job, result)
        return redacted(result, diagnostics)

    async def _verdict(self, assignment: Assignment) -> JobResult:
        """Run a job, and return its result before its box is done away with; its slot is its own until then."""
        said: asyncio.Future[JobResult] = asyncio.get_running_loop().create_future()
        running = asyncio.create_task(self._see_through(assignment, said))
        self._running.add(running)
        running.add_done_callback(partial(self._saw_through, said))
        either: list[asyncio.Future[Any]] = [said, running]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            running.cancel()
            await asyncio.wait([running])
            raise
        if not said.done():
            # It failed, and says here why.
            running.result()
        return said.result()

    def _saw_through(self, said: "asyncio.Future[JobResult]", running: "asyncio.Task[None]") -> None:
        self._running.discard(running)
        # Before there is a result, the error is the result, of whoever waits for it.
        if said.done() and not running.cancelled() and (error := running.exception()) is not None:
            self._log.error("a box was not done away with in order", error=str(error) or repr(error))

    async def _see_through(self, assignment: Assignment, said: "asyncio.Future[JobResult]") -> None:
        async with self.scheduler.slot() as slot:
            assignment = replace(assignment, queue_time_ms=slot.queue_time_ms)
            async with self._runner.running(assignment, alone=slot.alone) as result:
                said.set_result(result)

    async def answer(self, job: Job, client: Client | None = None) -> JobResult:
        """Run a job to its result; what keeps it from running becomes a service error.

        Args:
            job: The job.
            client: Whose it is, if it may share a box.

        Raises:
            NotGvisorError: Boxes here are none; the server must stop.
        """
        try:
            return await self.execute(job, client)
        except NotGvisorError:
            raise
        except SandboxError as error:
            return service_error(job.id, error)

    def _log_result(self, job: Job, result: JobResult) -> None:
        facts: dict[str, object] = {"job_id": job.id, "policy": job.policy, "language": job.language}
        if isinstance(result, Verdict):
            usage = result.usage
            facts |= {
                "status": result.status.value,
                "cause": result.cause.value,
                "attempts": result.attempts,
                "cpu_time_ms": usage.cpu_time_ms,
                "wall_time_ms": usage.wall_time_ms,
                "starved_time_ms": usage.starved_time_ms,
                "memory_peak_bytes": usage.memory_peak_bytes,
                "queue_time_ms": usage.queue_time_ms,
                "box_start_ms": usage.box_start_ms,
                "box_restored": usage.box_restored,
                "box_waited": usage.box_waited,
            }
        else:
            facts["service_error"] = result.code.value
            if result.code is ServiceErrorCode.BOX_LOST:
                # Ours, so its text is ours too.
                facts["reason"] = result.message
        self._log.info("job", **facts)


def service_error(job_id: str, error: SandboxError) -> ServiceError:
    """Return the value for an exception of ours. Its text is ours and safe to show."""
    if isinstance(error, JobRefusedError):
        return ServiceError(job_id=job_id, code=ServiceErrorCode.REFUSED, message=error.reason, field=error.field)
    if isinstance(error, OverloadedError):
        return ServiceError(job_id=job_id, code=ServiceErrorCode.OVERLOADED, message=str(error))
    if isinstance(error, AdmissionError):
        return ServiceError(job_id=job_id, code=ServiceErrorCode.SHUTTING_DOWN, message=str(error))
    return ServiceError(job_id=job_id, code=ServiceErrorCode.BOX_LOST, message=str(error))
