"""Many jobs over many servers: who gets which job, what is sent again, and when to give up.

Everything here runs in one event loop and changes its state between awaits only, so there are no locks. A job is in
exactly one place: waiting (`_waiting`), with a lane (`_Lane.unanswered`), or pausing before its next try (a timer).
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

import grpc
import grpc.aio

from sandbox.client.endpoint import Endpoint, unreachable
from sandbox.client.retry import NOT_RUN, Retry
from sandbox.errors import JobRefusedError, SandboxError, UnreachableError
from sandbox.job import Job
from sandbox.rpc.codec import job_to_wire, result_from_wire
from sandbox.rpc.options import MESSAGE_BYTES_MAX
from sandbox.v1 import sandbox_pb2 as pb
from sandbox.verdict import JobResult, ServiceError, ServiceErrorCode

Call = grpc.aio.StreamStreamCall[pb.ExecuteStreamRequest, pb.ExecuteStreamResponse]

# The same question would get the same answer.
FATAL = frozenset(
    {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.FAILED_PRECONDITION,
    }
)
# Seconds that the first job waits for the slowest server, so that a short list of jobs is spread too.
SETTLE_S = 0.5
# Seconds for a server to end the stream at the end, before it is cancelled.
GOODBYE_S = 1.0


class _StreamBrokenError(Exception):
    """The server said what no server says; the stream cannot be trusted any further."""


@dataclass(slots=True)
class _Ticket:
    """One job on its way."""

    job_id: str
    request: pb.ExecuteStreamRequest
    losses: int = 0
    refusals: int = 0


class _Lane:
    """One server's stream, re-opened when it is lost."""

    def __init__(self, endpoint: Endpoint, window: int) -> None:
        self.endpoint = endpoint
        self.unanswered: dict[str, _Ticket] = {}
        # None: nothing more to say.
        self.outbox: asyncio.Queue[_Ticket | None] = asyncio.Queue()
        # Jobs that this server takes at once: fewer after it was overloaded, more with each answer.
        self.window = window
        self.open = False
        self.draining = False
        self.settled = False
        self.answered = False
        self.failures = 0
        self.last_failure = ""


class Dispatch:
    """One call of `run_many`.

    Args:
        endpoints: The servers.
        in_flight_max: Unanswered jobs on each stream, at most.
        retry: When to give up.
    """

    def __init__(self, endpoints: Sequence[Endpoint], *, in_flight_max: int, retry: Retry) -> None:
        self._lanes = [_Lane(endpoint, in_flight_max) for endpoint in endpoints]
        self._in_flight_max = in_flight_max
        self._retry = retry
        self._waiting: deque[_Ticket] = deque()
        self._unfinished: set[str] = set()
        self._results: asyncio.Queue[JobResult | BaseException | None] = asyncio.Queue()
        # Jobs taken from the caller whose results the caller has not taken back.
        self._room = asyncio.Semaphore(in_flight_max * len(self._lanes))
        self._source_ended = False
        self._finished = False
        self._settled = False

    async def results(self, jobs: Iterable[Job] | AsyncIterable[Job]) -> AsyncGenerator[JobResult, None]:
        """Yield one result per job, in order of completion. Closing the iterator cancels what is running.

        Raises:
            UnreachableError: No server answers, or none does any more.
            SandboxError: A server refuses to talk to us at all.
        """
        tasks = [
            asyncio.create_task(self._pull(jobs)),
            *(asyncio.create_task(self._keep(lane)) for lane in self._lanes),
        ]
        for task in tasks:
            task.add_done_callback(self._task_ended)
        settle = asyncio.get_running_loop().call_later(SETTLE_S, self._settle)
        try:
            while (item := await self._results.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                self._room.release()
                yield item
            # All answered: leave politely, so that the server's log shows an end and not a cancelled call.
            for lane in self._lanes:
                lane.outbox.put_nowait(None)
            open_lanes = [task for task, lane in zip(tasks[1:], self._lanes, strict=True) if lane.open]
            if open_lanes:
                await asyncio.wait(open_lanes, timeout=GOODBYE_S)
        finally:
            self._finished = True
            settle.cancel()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._results.put_nowait(error)

    # --- from the caller ---

    async def _pull(self, jobs: Iterable[Job] | AsyncIterable[Job]) -> None:
        iterator = aiter(jobs) if isinstance(jobs, AsyncIterable) else _lift(jobs)
        while True:
            await self._room.acquire()
            try:
                job = await anext(iterator)
            except StopAsyncIteration:
                break
            self._admit(job)
        self._source_ended = True
        self._finish_if_done()

    def _admit(self, job: Job) -> None:
        if job.id in self._unfinished:
            self._refuse(job, "job.job_id", "a job with this id is running already")
            return
        try:
            request = pb.ExecuteStreamRequest(job=job_to_wire(job))
        except JobRefusedError as error:
            self._refuse(job, error.field, error.reason)
            return
        if request.ByteSize() > MESSAGE_BYTES_MAX:
            # Sent, it would end the stream and take the other jobs with it.
            self._refuse(job, *too_large(job, request.ByteSize()))
            return
        self._unfinished.add(job.id)
        self._waiting.append(_Ticket(job.id, request))
        self._assign()

    def _refuse(self, job: Job, field: str, reason: str) -> None:
        self._results.put_nowait(
            ServiceError(job_id=job.id, code=ServiceErrorCode.REFUSED, message=reason, field=field)
        )

    def _finish_if_done(self) -> None:
        if self._source_ended and not self._unfinished:
            self._finished = True
            self._results.put_nowait(None)

    # --- to the servers ---

    def _settle(self) -> None:
        self._settled = True
        self._assign()

    def _assign(self) -> None:
        self._settled = self._settled or all(lane.settled for lane in self._lanes)
        while self._settled and self._waiting:
            lanes = [
                lane
                for lane in self._lanes
                if lane.open and not lane.draining and len(lane.unanswered) < min(lane.window, self._in_flight_max)
            ]
            if not lanes:
                return
            lane = min(lanes, key=lambda lane: len(lane.unanswered))
            ticket = self._waiting.popleft()
            lane.unanswered[ticket.job_id] = ticket
            lane.outbox.put_nowait(ticket)

    async def _keep(self, lane: _Lane) -> None:
        while not self._finished:
            await self._connect(lane)
            failure = await self._converse(lane)
            if self._finished:
                return
            for ticket in reversed(lane.unanswered.values()):
                ticket.losses += 1
                self._try_again(ticket, f"the connection to {lane.endpoint.target} was lost: {failure}", now=True)
            lane.unanswered.clear()
            self._assign()
            await self._pause(lane, failure)

    async def _connect(self, lane: _Lane) -> None:
        channel = lane.endpoint.channel
        while True:
            state = channel.get_state(try_to_connect=True)
            while state in {grpc.ChannelConnectivity.IDLE, grpc.ChannelConnectivity.CONNECTING}:
                await channel.wait_for_state_change(state)
                state = channel.get_state(try_to_connect=True)
            if state is grpc.ChannelConnectivity.READY:
                return
            if state is grpc.ChannelConnectivity.SHUTDOWN:
                raise UnreachableError("the client is closed")
            await self._pause(lane, "")

    async def _pause(self, lane: _Lane, failure: str) -> None:
        lane.failures += 1
        lane.last_failure = failure
        lane.settled = True
        self._assign()
        if all(map(self._is_gone, self._lanes)):
            lost = [lane for lane in self._lanes if lane.last_failure]
            if lost:
                raise UnreachableError(
                    f"the connection to {lost[0].endpoint.target} was lost {lost[0].failures} times: "
                    f"{lost[0].last_failure}"
                )
            raise unreachable([lane.endpoint.target for lane in self._lanes])
        await asyncio.sleep(self._retry.delay_s(lane.failures))

    def _is_gone(self, lane: _Lane) -> bool:
        limit = self._retry.reconnects_max if lane.answered else self._retry.connects_max
        return not lane.open and lane.failures >= limit

    async def _converse(self, lane: _Lane) -> str:
        """Hold one stream until it ends, and return why it did."""
        call = lane.endpoint.stub.ExecuteStream()
        lane.outbox = asyncio.Queue()
        lane.open, lane.draining, lane.settled = True, False, True
        writer = asyncio.create_task(_write(call, lane.outbox))
        self._assign()
        try:
            while True:
                response = await call.read()
                if not isinstance(response, pb.ExecuteStreamResponse):
                    return "the server ended the stream"
                self._answer(lane, result_from_wire(response.result))
        except _StreamBrokenError as error:
            return str(error)
        except grpc.aio.AioRpcError as error:
            if error.code() in FATAL:
                raise SandboxError(f"{lane.endpoint.target}: {error.code().name}: {error.details()}") from error
            return f"{error.code().name}: {error.details()}"
        finally:
            lane.open = False
            writer.cancel()
            call.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    def _answer(self, lane: _Lane, result: JobResult) -> None:
        ticket = lane.unanswered.pop(result.job_id, None)
        if ticket is None:
            raise _StreamBrokenError("the server answered a job that it was not asked")
        lane.answered, lane.failures = True, 0
        if isinstance(result, ServiceError) and result.retryable:
            if result.code in NOT_RUN:
                ticket.refusals += 1
                lane.window = max(1, len(lane.unanswered))
            else:
                ticket.losses += 1
            lane.draining = lane.draining or result.code is ServiceErrorCode.SHUTTING_DOWN
            self._try_again(ticket, result)
        else:
            lane.window = min(lane.window + 1, self._in_flight_max)
            self._finish(ticket, result)
        self._assign()
        if lane.draining and not lane.unanswered:
            lane.outbox.put_nowait(None)

    def _try_again(self, ticket: _Ticket, why: ServiceError | str, *, now: bool = False) -> None:
        if ticket.losses >= self._retry.losses_max or ticket.refusals >= self._retry.refusals_max:
            if isinstance(why, str):
                why = ServiceError(job_id=ticket.job_id, code=ServiceErrorCode.BOX_LOST, message=why)
            self._finish(ticket, why)
        elif now:
            self._waiting.appendleft(ticket)
        else:
            delay_s = self._retry.delay_s(ticket.losses + ticket.refusals)
            asyncio.get_running_loop().call_later(delay_s, self._resume, ticket)

    def _resume(self, ticket: _Ticket) -> None:
        self._waiting.append(ticket)
        self._assign()

    def _finish(self, ticket: _Ticket, result: JobResult) -> None:
        self._unfinished.discard(ticket.job_id)
        self._results.put_nowait(result)
        self._finish_if_done()


async def _write(call: Call, outbox: asyncio.Queue[_Ticket | None]) -> None:
    """Send what is put into the outbox. A failure is the reader's to report: it sees the call's status.

    That is INTERNAL if a write is under way when the server's own status comes: grpc puts it in that one's place.
    """
    try:
        while (ticket := await outbox.get()) is not None:
            await call.write(ticket.request)
        await call.done_writing()
    except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
        return


def too_large(job: Job, message_bytes: int) -> tuple[str, str]:
    """Return which field of a job makes it larger than a message may be, and what is to be said of it."""
    field, size = ("job.program", len(job.program)) if len(job.program) > MESSAGE_BYTES_MAX else ("job", message_bytes)
    return field, f"is {size} bytes; at most {MESSAGE_BYTES_MAX} fit a message"


async def _lift(jobs: Iterable[Job]) -> AsyncIterator[Job]:
    for job in jobs:
        yield job
