"""The client for asyncio."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Self

import grpc
import grpc.aio

from sandbox.client.endpoint import Endpoint, unreachable
from sandbox.client.info import ServerInfo, info_from_wire
from sandbox.client.retry import NOT_RUN, Retry
from sandbox.client.stream import FATAL, Dispatch, too_large
from sandbox.errors import JobRefusedError, SandboxError, ServiceFaultError, UnreachableError
from sandbox.job import Job
from sandbox.rpc.codec import job_to_wire, result_from_wire
from sandbox.rpc.options import MESSAGE_BYTES_MAX
from sandbox.v1 import sandbox_pb2 as pb
from sandbox.verdict import JobResult, ServiceError, ServiceErrorCode, Verdict


class AsyncClient:
    """Runs jobs on one server or several. Use it as an async context manager, in one event loop.

    Args:
        endpoint: `HOST:PORT` or `unix:PATH` of a server, or several of them: jobs go where the fewest are unanswered.
        in_flight_max: Unanswered jobs per server, at most.
        retry: When to try again and when to give up.

    Raises:
        ValueError: There is no endpoint, or nothing may be in flight.
    """

    def __init__(self, endpoint: str | Sequence[str], *, in_flight_max: int = 64, retry: Retry | None = None) -> None:
        targets = [endpoint] if isinstance(endpoint, str) else list(endpoint)
        if not targets or not all(targets):
            raise ValueError("an endpoint is HOST:PORT or unix:PATH")
        self.targets = tuple(dict.fromkeys(targets))
        self.in_flight_max = checked_in_flight(in_flight_max)
        self._retry = retry or Retry()
        self._endpoints: list[Endpoint] = []
        self._room = asyncio.Semaphore(in_flight_max * len(self.targets))
        self._closed = False

    async def __aenter__(self) -> Self:
        self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End every connection; what is running is cancelled."""
        self._closed = True
        endpoints, self._endpoints = self._endpoints, []
        for endpoint in endpoints:
            await endpoint.channel.close()

    def _open(self) -> list[Endpoint]:
        if self._closed:
            raise UnreachableError("the client is closed")
        if not self._endpoints:
            # Not in the constructor: a channel belongs to the running event loop.
            self._endpoints = [Endpoint(target) for target in self.targets]
        return self._endpoints

    async def run(self, job: Job) -> Verdict:
        """Run one job and return the verdict. What may succeed on another try is tried again.

        Raises:
            JobRefusedError: The job is malformed or above a ceiling.
            ServiceFaultError: The service, not the program, failed.
            UnreachableError: No server answers.
        """
        request = pb.ExecuteRequest(job=job_to_wire(job))
        if request.ByteSize() > MESSAGE_BYTES_MAX:
            raise JobRefusedError(*too_large(job, request.ByteSize()))
        endpoints = self._open()
        losses = refusals = 0
        async with self._room:
            while True:
                result = await self._execute(endpoints, job.id, request)
                if isinstance(result, Verdict):
                    return result
                if isinstance(result, ServiceError):
                    error: SandboxError = _fault(result)
                    again, not_run = result.retryable, result.code in NOT_RUN
                else:
                    error, again, not_run = result, True, False
                losses, refusals = losses + (not not_run), refusals + not_run
                if not again or losses >= self._retry.losses_max or refusals >= self._retry.refusals_max:
                    raise error
                await asyncio.sleep(self._retry.delay_s(losses + refusals))

    async def _execute(
        self, endpoints: list[Endpoint], job_id: str, request: pb.ExecuteRequest
    ) -> JobResult | UnreachableError:
        endpoint = min(endpoints, key=lambda endpoint: (endpoint.is_shunned(), endpoint.outstanding))
        endpoint.outstanding += 1
        try:
            response = await endpoint.stub.Execute(request)
        except grpc.aio.AioRpcError as error:
            if error.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED}:
                endpoint.failures += 1
                endpoint.shun(self._retry.delay_s(endpoint.failures))
            else:
                endpoint.failures = 0
            return _from_status(error, job_id, self.targets)
        finally:
            endpoint.outstanding -= 1
        endpoint.failures = 0
        result = result_from_wire(response.result)
        if result.job_id != job_id:
            text = "malformed answer: it is about another job"
            return ServiceError(job_id=job_id, code=ServiceErrorCode.BOX_LOST, message=text)
        return result

    async def run_many(
        self, jobs: Iterable[Job] | AsyncIterable[Job], *, in_flight_max: int | None = None
    ) -> AsyncGenerator[JobResult, None]:
        """Yield one result per job, in order of completion. `jobs` is read as far ahead as jobs may be in flight.

        Service errors are values here: one bad job does not end the rest. Leaving the iterator cancels what is running.

        Args:
            jobs: What to run.
            in_flight_max: Unanswered jobs per server, at most; None: as the client was told.

        Raises:
            ValueError: Nothing may be in flight.
            UnreachableError: No server answers, or none does any more.
            SandboxError: A server refuses to talk to us at all.
        """
        if in_flight_max is None:
            in_flight_max = self.in_flight_max
        dispatch = Dispatch(self._open(), in_flight_max=checked_in_flight(in_flight_max), retry=self._retry)
        results = dispatch.results(jobs)
        async with aclosing(results):
            async for result in results:
                yield result

    async def server_info(self, *, timeout_ms: int = 10_000) -> ServerInfo:
        """Return what the first server that answers offers.

        Args:
            timeout_ms: How long each server has to answer.

        Raises:
            UnreachableError: No server answers.
            SandboxError: A server answered, but not with what it offers.
        """
        for endpoint in self._open():
            try:
                response = await endpoint.stub.GetServerInfo(pb.GetServerInfoRequest(), timeout=timeout_ms / 1000)
            except grpc.aio.AioRpcError as error:
                if error.code() not in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}:
                    raise SandboxError(f"{endpoint.target}: {error.code().name}: {error.details()}") from error
            else:
                return info_from_wire(response)
        raise unreachable(self.targets)


def checked_in_flight(in_flight_max: int) -> int:
    """Return the number.

    Raises:
        ValueError: Nothing may be in flight.
    """
    if in_flight_max < 1:
        raise ValueError(f"in_flight_max must be 1 or more, not {in_flight_max}")
    return in_flight_max


def _fault(result: ServiceError) -> SandboxError:
    if result.code is ServiceErrorCode.REFUSED:
        return JobRefusedError(result.field or "job", result.message.removeprefix(f"{result.field}: "))
    return ServiceFaultError(result.code.value, result.message, retryable=result.retryable)


def _from_status(error: grpc.aio.AioRpcError, job_id: str, targets: Sequence[str]) -> ServiceError | UnreachableError:
    """Translate the status of a call that brought no result."""
    code, details = error.code(), error.details() or ""
    if code is grpc.StatusCode.UNAVAILABLE:
        return unreachable(targets)
    if code is grpc.StatusCode.INVALID_ARGUMENT:
        field, _, reason = details.partition(": ")
        return ServiceError(
            job_id=job_id, code=ServiceErrorCode.REFUSED, message=reason or details, field=field if reason else "job"
        )
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return ServiceError(job_id=job_id, code=ServiceErrorCode.OVERLOADED, message=details)
    if code in FATAL:
        raise SandboxError(f"{code.name}: {details}") from error
    return ServiceError(job_id=job_id, code=ServiceErrorCode.BOX_LOST, message=f"{code.name}: {details}")
