"""What is no job is refused by name and counted, on both calls, over real gRPC."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from structlog.testing import capture_logs

from sandbox.boxes.fake import FakeBackend
from sandbox.dispatcher import Dispatcher
from sandbox.metrics import Metrics
from sandbox.rpc.server import RpcServer
from sandbox.rpc.service import SandboxService
from sandbox.runner import Runner
from sandbox.scheduler import Scheduler
from sandbox.v1 import sandbox_pb2 as pb
from sandbox.v1 import sandbox_pb2_grpc as pb_grpc
from tests.unit.test_dispatcher import HOST_KERNEL, LANGUAGES, PASSES, POLICIES

# No job has such an id.
MALFORMED = pb.Job(job_id="not an id", program=b"x")


async def requests(*jobs: pb.Job) -> AsyncIterator[pb.ExecuteStreamRequest]:
    for job in jobs:
        yield pb.ExecuteStreamRequest(job=job)


def test_what_is_no_job_is_refused_and_counted(tmp_path: Path) -> None:
    metrics, backend = Metrics(), FakeBackend([PASSES])
    dispatcher = Dispatcher(
        backend=backend,
        runner=Runner(backend, host_kernel=HOST_KERNEL),
        scheduler=Scheduler(slots=1, queue_jobs_max=5),
        policies=POLICIES,
        languages=LANGUAGES,
        metrics=metrics,
    )

    async def play() -> None:
        server = RpcServer(SandboxService(dispatcher, on_fatal=pytest.fail))
        endpoint = f"unix:{tmp_path}/socket"
        await server.start(endpoint, allow_remote=False)
        try:
            async with grpc.aio.insecure_channel(endpoint) as channel:
                stub = pb_grpc.SandboxServiceStub(channel)
                with pytest.raises(grpc.aio.AioRpcError, match=r"job\.job_id") as raised:
                    await stub.Execute(pb.ExecuteRequest(job=MALFORMED))
                assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
                answers = [answer.result async for answer in stub.ExecuteStream(requests(MALFORMED, MALFORMED))]
                assert [answer.service_error.field for answer in answers] == ["job.job_id"] * 2
        finally:
            await server.stop(0)

    with capture_logs():
        asyncio.run(play())
    assert metrics.registry.get_sample_value("sandbox_service_errors_total", {"code": "REFUSED"}) == 3
