"""The clients against servers that answer out of order, are overloaded, vanish, or talk nonsense. Real gRPC."""

import asyncio
import contextlib
import itertools
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from sandbox.client.aio import AsyncClient
from sandbox.client.retry import Retry
from sandbox.client.sync import Client
from sandbox.errors import JobRefusedError, SandboxError, ServiceFaultError, UnreachableError
from sandbox.job import Job
from sandbox.limits import LIMIT_NAMES
from sandbox.rpc.options import MESSAGE_BYTES_MAX, server_options
from sandbox.v1 import sandbox_pb2 as pb
from sandbox.v1 import sandbox_pb2_grpc
from sandbox.verdict import ServiceError, ServiceErrorCode

Talk = Callable[[Any], Awaitable[None]]
EOF = grpc.aio.EOF
QUICK = Retry(delay_first_ms=1, delay_max_ms=5)


def passed(job_id: str) -> pb.ExecuteStreamResponse:
    limits = pb.Limits(**dict.fromkeys(LIMIT_NAMES, 1))
    verdict = pb.Verdict(
        status=pb.STATUS_PASSED,
        cause=pb.CAUSE_ALL_TESTS_PASSED,
        integrity=pb.INTEGRITY_SEPARATE_PROCESS,
        receipt=pb.Receipt(limits=limits),
    )
    return pb.ExecuteStreamResponse(result=pb.Result(job_id=job_id, verdict=verdict))


def fault(job_id: str, code: str, message: str = "", field: str = "") -> pb.ExecuteStreamResponse:
    number = pb.ServiceErrorCode.Value(f"SERVICE_ERROR_CODE_{code}")
    error = pb.ServiceError(code=number, message=message, field=field)
    return pb.ExecuteStreamResponse(result=pb.Result(job_id=job_id, service_error=error))


def jobs(count: int) -> Iterator[Job]:
    return (Job(id=str(number), program=b"x") for number in range(count))


async def echo(context: Any) -> None:
    while (request := await context.read()) is not EOF:
        await context.write(passed(request.job.job_id))


class Fake(sandbox_pb2_grpc.SandboxServiceServicer):
    """Holds each stream as the next of `talks` says; the last one is for all further streams."""

    def __init__(self, *talks: Talk) -> None:
        self.talks = list(talks)
        self.answers: list[pb.ExecuteResponse | tuple[grpc.StatusCode, str]] = []

    async def Execute(self, request: pb.ExecuteRequest, context: Any) -> pb.ExecuteResponse:  # noqa: N802
        answer = self.answers.pop(0)
        if isinstance(answer, tuple):
            await context.abort(*answer)
        assert isinstance(answer, pb.ExecuteResponse)
        return answer

    async def ExecuteStream(self, request_iterator: Any, context: Any) -> None:  # type: ignore[override]  # noqa: N802
        talk = self.talks.pop(0) if len(self.talks) > 1 else self.talks[0]
        await talk(context)

    async def GetServerInfo(self, request: Any, context: Any) -> pb.GetServerInfoResponse:  # noqa: N802
        return pb.GetServerInfoResponse(server_version="7", slots=3, languages=[pb.LanguageInfo(name="python")])


@asynccontextmanager
async def served(path: Path, fake: Fake) -> AsyncIterator[str]:
    server = grpc.aio.server(options=server_options())
    sandbox_pb2_grpc.add_SandboxServiceServicer_to_server(fake, server)
    endpoint = f"unix:{path}"
    server.add_insecure_port(endpoint)
    await server.start()
    try:
        yield endpoint
    finally:
        await server.stop(0)


def run_many(path: Path, fake: Fake, count: int, **options: Any) -> list[Any]:
    async def main() -> list[Any]:
        async with served(path / "s", fake) as endpoint, AsyncClient(endpoint, retry=QUICK, **options) as client:
            return [result async for result in client.run_many(jobs(count))]

    return asyncio.run(main())


def ids(results: list[Any]) -> list[str]:
    assert all(result.passed for result in results), results
    return [result.job_id for result in results]


def test_results_come_in_the_order_of_completion(tmp_path: Path) -> None:
    async def backwards(context: Any) -> None:
        requests = [await context.read() for _ in range(3)]
        for request in reversed(requests):
            await context.write(passed(request.job.job_id))
        assert await context.read() is EOF

    assert ids(run_many(tmp_path, Fake(backwards), 3)) == ["2", "1", "0"]


def test_no_more_jobs_are_in_flight_than_may_be(tmp_path: Path) -> None:
    pulled = 0
    most = []

    def source() -> Iterator[Job]:
        nonlocal pulled
        for job in jobs(20):
            pulled += 1
            yield job

    async def hold(context: Any) -> None:
        answered = 0
        while answered < 20:
            requests = [await context.read() for _ in range(min(4, 20 - answered))]
            most.append(pulled - answered)
            for request in requests:
                await context.write(passed(request.job.job_id))
                answered += 1

    async def main() -> list[Any]:
        async with (
            served(tmp_path / "s", Fake(hold)) as endpoint,
            AsyncClient(endpoint, in_flight_max=4, retry=QUICK) as client,
        ):
            return [result async for result in client.run_many(source())]

    assert sorted(ids(asyncio.run(main())), key=int) == [str(number) for number in range(20)]
    assert max(most) <= 4


def test_a_lost_connection_neither_loses_nor_doubles_a_job(tmp_path: Path) -> None:
    async def vanish(context: Any) -> None:
        requests = [await context.read() for _ in range(6)]
        for request in requests[:3]:
            await context.write(passed(request.job.job_id))
        await context.abort(grpc.StatusCode.UNAVAILABLE, "going away")

    results = run_many(tmp_path, Fake(vanish, vanish, echo), 20, in_flight_max=6)
    assert sorted(ids(results), key=int) == [str(number) for number in range(20)]


def test_a_server_that_ends_the_stream_early_is_asked_again(tmp_path: Path) -> None:
    async def leave(context: Any) -> None:
        await context.read()

    assert sorted(ids(run_many(tmp_path, Fake(leave, echo), 5))) == ["0", "1", "2", "3", "4"]


def test_a_job_that_is_lost_every_time_is_a_service_error_in_the_end(tmp_path: Path) -> None:
    async def poisoned(context: Any) -> None:
        while (request := await context.read()) is not EOF:
            if request.job.job_id == "1":
                await context.abort(grpc.StatusCode.UNAVAILABLE, "it killed me")
            await context.write(passed(request.job.job_id))

    results = {result.job_id: result for result in run_many(tmp_path, Fake(poisoned), 3, in_flight_max=1)}
    assert set(results) == {"0", "1", "2"}
    assert results["1"].code is ServiceErrorCode.BOX_LOST
    assert results["0"].passed
    assert results["2"].passed


def test_what_is_retryable_is_sent_again_and_only_that(tmp_path: Path) -> None:
    seen: dict[str, int] = {}

    async def refuse_once(context: Any) -> None:
        codes = ("OVERLOADED", "QUEUE_TIMEOUT", "BOX_LOST", "TESTS_ERROR", "REFUSED", "CANCELLED")
        while (request := await context.read()) is not EOF:
            job_id = request.job.job_id
            seen[job_id] = seen.get(job_id, 0) + 1
            answer = fault(job_id, codes[int(job_id)]) if seen[job_id] == 1 else passed(job_id)
            await context.write(answer)

    results = {result.job_id: result for result in run_many(tmp_path, Fake(refuse_once), 6)}
    assert seen == {"0": 2, "1": 2, "2": 2, "3": 1, "4": 1, "5": 1}
    assert [isinstance(results[str(number)], ServiceError) for number in range(6)] == [False] * 3 + [True] * 3


def test_a_server_that_shuts_down_is_left(tmp_path: Path) -> None:
    async def shut_down(context: Any) -> None:
        while (request := await context.read()) is not EOF:
            await context.write(fault(request.job.job_id, "SHUTTING_DOWN"))

    assert sorted(ids(run_many(tmp_path, Fake(shut_down, echo), 3))) == ["0", "1", "2"]


def test_overload_without_end_is_a_service_error(tmp_path: Path) -> None:
    async def overloaded(context: Any) -> None:
        while (request := await context.read()) is not EOF:
            await context.write(fault(request.job.job_id, "OVERLOADED"))

    (result,) = run_many(tmp_path, Fake(overloaded), 1)
    assert result.code is ServiceErrorCode.OVERLOADED


def test_answers_to_nobodys_question_do_not_count(tmp_path: Path) -> None:
    async def nonsense(context: Any) -> None:
        await context.read()
        await context.write(passed("never-asked"))
        await context.read()

    (result,) = run_many(tmp_path, Fake(nonsense, echo), 1)
    assert ids([result]) == ["0"]


def test_the_same_id_twice_and_too_large_a_job_are_refused_one_by_one(tmp_path: Path) -> None:
    async def main() -> list[Any]:
        source = [Job(id="a", program=b"x"), Job(id="a", program=b"y"), Job(id="b", program=b"x" * MESSAGE_BYTES_MAX)]
        async with served(tmp_path / "s", Fake(echo)) as endpoint, AsyncClient(endpoint) as client:
            return [result async for result in client.run_many(source)]

    results = asyncio.run(main())
    refused = [result for result in results if isinstance(result, ServiceError)]
    assert [(result.job_id, result.field) for result in refused] == [("a", "job.job_id"), ("b", "job")]
    # The field is said once.
    assert refused[1].message.startswith("is ")
    assert ids([result for result in results if result not in refused]) == ["a"]


def test_two_endpoints_share_and_a_dead_one_does_not_matter(tmp_path: Path) -> None:
    async def main() -> list[Any]:
        counts = [0, 0]

        def counting(server: int) -> Talk:
            async def talk(context: Any) -> None:
                while (request := await context.read()) is not EOF:
                    counts[server] += 1
                    await context.write(passed(request.job.job_id))

            return talk

        async with served(tmp_path / "a", Fake(counting(0))) as a, served(tmp_path / "b", Fake(counting(1))) as b:
            dead = f"unix:{tmp_path / 'dead'}"
            async with AsyncClient([dead, a, b], in_flight_max=4, retry=QUICK) as client:
                results = [result async for result in client.run_many(jobs(60))]
        assert all(counts), counts
        return results

    assert sorted(ids(asyncio.run(main())), key=int) == [str(number) for number in range(60)]


def test_a_program_that_fits_no_message_is_named_as_such(tmp_path: Path) -> None:
    job = Job(id="a", program=b"x" * (MESSAGE_BYTES_MAX + 1))

    async def main() -> Any:
        async with served(tmp_path / "s", Fake(echo)) as endpoint, AsyncClient(endpoint) as client:
            with pytest.raises(JobRefusedError, match=r"^job\.program: is 16777217 bytes; at most"):
                await client.run(job)
            return [result async for result in client.run_many([job])]

    (result,) = asyncio.run(main())
    assert (result.code, result.field) == (ServiceErrorCode.REFUSED, "job.program")


@pytest.mark.parametrize(
    "status", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INVALID_ARGUMENT]
)
def test_a_server_that_failed_once_is_asked_again(tmp_path: Path, status: grpc.StatusCode) -> None:
    answer = pb.ExecuteResponse(result=passed("a").result)
    a, b = Fake(echo), Fake(echo)
    a.answers = [(status, "job.program: no"), *[answer] * 8]
    b.answers = [answer] * 8

    async def main() -> None:
        async with (
            served(tmp_path / "a", a) as first,
            served(tmp_path / "b", b) as second,
            AsyncClient([first, second], retry=QUICK) as client,
        ):
            with contextlib.suppress(JobRefusedError):
                await client.run(Job(id="a", program=b"x"))
            # Longer than it may be shunned.
            await asyncio.sleep(0.1)
            left = len(a.answers)
            assert (await client.run(Job(id="a", program=b"x"))).passed
            assert len(a.answers) == left - 1

    asyncio.run(main())


def test_the_jobs_of_a_server_that_dies_move_to_the_other(tmp_path: Path) -> None:
    async def main() -> list[Any]:
        reached = asyncio.Event()

        async def stuck(context: Any) -> None:
            await context.read()
            reached.set()
            await asyncio.Event().wait()

        targets = [f"unix:{tmp_path / 'a'}", f"unix:{tmp_path / 'b'}"]
        async with served(tmp_path / "b", Fake(echo)), AsyncClient(targets, retry=QUICK) as client:
            async with served(tmp_path / "a", Fake(stuck)):
                stream = client.run_many(jobs(10))
                results = [await anext(stream)]
                await reached.wait()
            return results + [result async for result in stream]

    assert sorted(ids(asyncio.run(main())), key=int) == [str(number) for number in range(10)]


def test_nobody_answers(tmp_path: Path) -> None:
    async def main() -> None:
        async with AsyncClient(f"unix:{tmp_path / 'none'}", retry=QUICK) as client:
            with pytest.raises(UnreachableError, match=r"none: is `sandbox serve` running\?"):
                await client.run(Job(program=b"x"))
            with pytest.raises(UnreachableError, match="is `sandbox serve` running"):
                await anext(client.run_many(jobs(3)))
            with pytest.raises(UnreachableError, match="is `sandbox serve` running"):
                await client.server_info()

    asyncio.run(main())


def test_a_server_that_refuses_to_talk_is_not_asked_twice(tmp_path: Path) -> None:
    async def unauthenticated(context: Any) -> None:
        # Not before the job is written: grpc reports a write that fails as INTERNAL, in place of the status.
        await context.read()
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, "no token")

    with pytest.raises(SandboxError, match="UNAUTHENTICATED: no token"):
        run_many(tmp_path, Fake(unauthenticated), 1)


def test_an_error_of_the_callers_own_comes_back_to_him(tmp_path: Path) -> None:
    def broken() -> Iterator[Job]:
        yield Job(id="a", program=b"x")
        raise LookupError("mine")

    async def main() -> None:
        async with served(tmp_path / "s", Fake(echo)) as endpoint, AsyncClient(endpoint) as client:
            with pytest.raises(LookupError, match="mine"):
                _ = [result async for result in client.run_many(broken())]

    asyncio.run(main())


def test_leaving_the_iterator_cancels_the_stream(tmp_path: Path) -> None:
    async def main() -> None:
        cancelled = asyncio.Event()

        async def one_then_wait(context: Any) -> None:
            request = await context.read()
            await context.write(passed(request.job.job_id))
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.set()
                raise

        async def source() -> AsyncIterator[Job]:
            for number in itertools.count():
                yield Job(id=str(number), program=b"x")

        async with served(tmp_path / "s", Fake(one_then_wait)) as endpoint, AsyncClient(endpoint) as client:
            stream = client.run_many(source())
            assert (await anext(stream)).job_id == "0"
            await stream.aclose()
            await asyncio.wait_for(cancelled.wait(), 10)

    asyncio.run(main())


def test_run_translates_what_a_server_says(tmp_path: Path) -> None:
    job = Job(id="a", program=b"x")
    fake = Fake(echo)

    def answer(response: pb.ExecuteStreamResponse) -> pb.ExecuteResponse:
        return pb.ExecuteResponse(result=response.result)

    async def main() -> None:
        async with served(tmp_path / "s", fake) as endpoint, AsyncClient(endpoint, retry=QUICK) as client:
            fake.answers = [(grpc.StatusCode.UNAVAILABLE, ""), (grpc.StatusCode.RESOURCE_EXHAUSTED, "")]
            fake.answers += [answer(fault("a", "BOX_LOST")), answer(passed("a"))]
            assert (await client.run(job)).passed
            fake.answers = [(grpc.StatusCode.INVALID_ARGUMENT, "job.limits.memory_bytes: too: much")]
            with pytest.raises(JobRefusedError) as refused:
                await client.run(job)
            assert (refused.value.field, refused.value.reason) == ("job.limits.memory_bytes", "too: much")
            fake.answers = [answer(fault("a", "REFUSED", "job.policy: no such", "job.policy"))]
            with pytest.raises(JobRefusedError, match=r"^job\.policy: no such$"):
                await client.run(job)
            fake.answers = [answer(fault("a", "TESTS_ERROR", "SyntaxError"))]
            with pytest.raises(ServiceFaultError, match="TESTS_ERROR: SyntaxError") as faulty:
                await client.run(job)
            assert not faulty.value.retryable
            fake.answers = [answer(passed("b"))] * QUICK.losses_max
            with pytest.raises(ServiceFaultError, match="about another job"):
                await client.run(job)
            assert not fake.answers
            assert (await client.server_info()).slots == 3

    asyncio.run(main())


@contextmanager
def background(path: Path, fake: Fake) -> Iterator[str]:
    """A server in a thread, for the synchronous client."""
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def main() -> None:
        async with served(path, fake):
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()))
    thread.start()
    assert ready.wait(10)
    try:
        yield f"unix:{path}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def test_the_synchronous_client_works_inside_a_running_loop(tmp_path: Path) -> None:
    fake = Fake(echo)
    with background(tmp_path / "s", fake) as endpoint:

        async def notebook() -> list[Any]:
            with Client(endpoint, in_flight_max=3, retry=QUICK) as client:
                fake.answers = [pb.ExecuteResponse(result=passed("a").result)]
                assert client.run(Job(id="a", program=b"x")).passed
                assert client.server_info().server_version == "7"
                return list(client.run_many(jobs(25)))

        assert sorted(ids(asyncio.run(notebook())), key=int) == [str(number) for number in range(25)]


def test_the_synchronous_client_reads_jobs_in_the_callers_thread_and_can_be_left(tmp_path: Path) -> None:
    threads = set()

    def source() -> Iterator[Job]:
        for number in itertools.count():
            threads.add(threading.current_thread())
            yield Job(id=str(number), program=b"x")

    with background(tmp_path / "s", Fake(echo)) as endpoint, Client(endpoint, in_flight_max=2) as client:
        with closing(client.run_many(source())) as results:
            assert ids([next(results)])
        assert threads == {threading.current_thread()}
        assert len(list(client.run_many(jobs(2)))) == 2
    with pytest.raises(UnreachableError, match="closed"):
        client.run(Job(program=b"x"))


def test_ctrl_c_in_the_consumer_cancels_cleanly(tmp_path: Path) -> None:
    cancelled = threading.Event()
    consumer = threading.get_ident()

    async def interrupt(context: Any) -> None:
        await context.read()
        try:
            signal.pthread_kill(consumer, signal.SIGINT)
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with background(tmp_path / "s", Fake(interrupt)) as endpoint, Client(endpoint) as client:
        with pytest.raises(KeyboardInterrupt):
            list(client.run_many(jobs(3)))
        assert cancelled.wait(10)
