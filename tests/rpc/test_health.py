from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from click.testing import CliRunner
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from sandbox.cli.main import cli

STATUS = health_pb2.HealthCheckResponse


@pytest.fixture
def servicer() -> health.HealthServicer:
    return health.HealthServicer()


@pytest.fixture
def endpoint(servicer: health.HealthServicer) -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(2))
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


def test_a_server_that_serves_is_healthy(servicer: health.HealthServicer, endpoint: str) -> None:
    servicer.set("", STATUS.SERVING)
    result = CliRunner().invoke(cli, ["health", endpoint])
    assert (result.exit_code, result.output) == (0, "SERVING\n")


def test_a_server_that_stops_is_not(servicer: health.HealthServicer, endpoint: str) -> None:
    servicer.enter_graceful_shutdown()
    result = CliRunner().invoke(cli, ["health", endpoint])
    assert (result.exit_code, result.output) == (1, "NOT_SERVING\n")


def test_nobody_there_is_an_error_of_its_own() -> None:
    result = CliRunner().invoke(cli, ["health", "127.0.0.1:1", "--timeout", "1"])
    assert result.exit_code == 3
    assert "127.0.0.1:1 does not answer" in result.stderr
