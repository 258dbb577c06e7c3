"""The gRPC service: messages in, messages out, no decisions."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import grpc

from sandbox import host
from sandbox.boxes.batch import Client
from sandbox.dispatcher import Dispatcher
from sandbox.errors import JobRefusedError, NotGvisorError, ShuttingDownError
from sandbox.job import Job
from sandbox.language import Language
from sandbox.policy import Policy
from sandbox.rpc import codec
from sandbox.rpc.errors import translated
from sandbox.v1 import sandbox_pb2 as pb
from sandbox.v1 import sandbox_pb2_grpc as pb_grpc
from sandbox.verdict import JobResult
from sandbox.version import VERSION

STREAM_JOBS_MAX = 128
"""Jobs of one stream that the server holds at once; the rest wait in the client, by HTTP/2's flow control."""

Context = grpc.aio.ServicerContext[Any, Any]


class SandboxService(pb_grpc.SandboxServiceServicer):
    """`sandbox.v1.SandboxService`."""

    def __init__(self, dispatcher: Dispatcher, *, on_fatal: Callable[[Exception], None]) -> None:
        """Serve.

        Args:
            dispatcher: Runs the jobs.
            on_fatal: Called when boxes turn out not to be gVisor's; the server must stop.
        """
        self._dispatcher = dispatcher
        self._on_fatal = on_fatal

    async def Execute(self, request: pb.ExecuteRequest, context: Context) -> pb.ExecuteResponse:  # noqa: N802
        """Run one job; a refused one ends the call with a status."""
        async with translated(context):
            try:
                job = codec.job_from_wire(request.job)
            except JobRefusedError as error:
                self._dispatcher.refuse(request.job.job_id, error)
                raise
            result = await self._guarded(self._dispatcher.execute(job))
            return pb.ExecuteResponse(result=codec.result_to_wire(result))
        raise AssertionError("unreachable: translated() aborts")

    async def ExecuteStream(  # type: ignore[override]  # noqa: N802
        self, request_iterator: AsyncIterator[pb.ExecuteStreamRequest], context: Context
    ) -> None:
        """Run jobs as they come and answer each when it is done. The client's going away cancels what is left."""
        async with translated(context):
            with self._dispatcher.client() as client:
                await self._answer_all(request_iterator, _Stream(context, client))

    async def _answer_all(self, requests: AsyncIterator[pb.ExecuteStreamRequest], stream: "_Stream") -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                async for request in requests:
                    await stream.window.acquire()
                    tasks.create_task(self._answer_one(request.job, stream))
        except ExceptionGroup as group:
            # The first failure ended the others; it is the one to be translated.
            raise group.exceptions[0] from None

    async def _answer_one(self, message: pb.Job, stream: "_Stream") -> None:
        try:
            try:
                job = codec.job_from_wire(message)
                stream.admit(job)
            except JobRefusedError as error:
                await stream.write(self._dispatcher.refuse(message.job_id, error))
                return
            try:
                result = await self._guarded(self._dispatcher.answer(job, stream.client))
            finally:
                stream.job_ids.discard(job.id)
            await stream.write(result)
        finally:
            stream.window.release()

    async def _guarded(self, work: Coroutine[Any, Any, JobResult]) -> JobResult:
        """Run a job; if its box turns out not to be gVisor's, the whole server must stop."""
        try:
            return await work
        except NotGvisorError as error:
            self._on_fatal(error)
            raise ShuttingDownError("the server is shutting down: its boxes are not gVisor's") from error

    async def GetServerInfo(  # noqa: N802
        self,
        request: pb.GetServerInfoRequest,
        context: Context,
    ) -> pb.GetServerInfoResponse:
        """Say what this server offers."""
        async with translated(context):
            return self._info()
        raise AssertionError("unreachable: translated() aborts")

    def _info(self) -> pb.GetServerInfoResponse:
        dispatcher, backend, seen = self._dispatcher, self._dispatcher.backend, host.look()
        return pb.GetServerInfoResponse(
            server_version=VERSION,
            backend=backend.name,
            runsc_version=backend.runsc_version,
            platform=backend.platform,
            languages=[self._language(language) for language in dispatcher.languages.values()],
            policies=[_policy(policy) for policy in dispatcher.policies.values()],
            integrity_levels=codec.INTEGRITY_TO_WIRE.values(),
            slots=dispatcher.scheduler.slots,
            queue_jobs_max=dispatcher.scheduler.queue_jobs_max,
            host=pb.HostInfo(
                cores=seen.cores,
                memory_bytes=seen.memory_bytes,
                memory_available_bytes=seen.memory_available_bytes,
                load_1min=seen.load_1min,
                jobs_running=dispatcher.scheduler.running,
                jobs_queued=dispatcher.scheduler.waiting,
            ),
        )

    def _language(self, language: Language) -> pb.LanguageInfo:
        backend = self._dispatcher.backend
        return pb.LanguageInfo(
            name=language.name,
            version=backend.language_version(language.name),
            image_digest=backend.image_digest(language.name),
        )


class _Stream:
    """One client's stream: what is in flight on it, and one writer at a time."""

    def __init__(self, context: Context, client: Client | None) -> None:
        self.context = context
        self.client = client
        self.window = asyncio.Semaphore(STREAM_JOBS_MAX)
        self.job_ids: set[str] = set()
        self._lock = asyncio.Lock()

    def admit(self, job: Job) -> None:
        """Note a job as running.

        Raises:
            JobRefusedError: Its id is taken; two answers with one id could not be told apart.
        """
        if job.id in self.job_ids:
            raise JobRefusedError("job.job_id", "is the id of a job that is running on this stream")
        self.job_ids.add(job.id)

    async def write(self, result: JobResult) -> None:
        async with self._lock:
            await self.context.write(pb.ExecuteStreamResponse(result=codec.result_to_wire(result)))


def _policy(policy: Policy) -> pb.PolicyInfo:
    return pb.PolicyInfo(
        name=policy.name,
        digest=policy.digest,
        description=policy.description,
        default_limits=codec.limits_to_wire(policy.defaults),
        ceiling_limits=codec.limits_to_wire(policy.ceilings),
        program_bytes_max=policy.job.program_bytes_max,
        tests_bytes_max=policy.job.tests_bytes_max,
        cases_max=policy.job.cases_max,
        diagnostics_max=codec.DIAGNOSTICS_TO_WIRE[policy.diagnostics_max],
        default_integrity=codec.INTEGRITY_TO_WIRE[policy.integrity.default],
        integrity_levels=[codec.INTEGRITY_TO_WIRE[level] for level in policy.integrity.allowed],
    )
