"""Asks a server whether it serves, by the standard health protocol."""

import grpc

from sandbox.errors import SandboxError, UnreachableError
from sandbox.rpc.options import channel_options


def serving_status(endpoint: str, *, timeout_ms: int) -> str:
    """Return the server's status by its name in `grpc.health.v1`, such as `SERVING`.

    Raises:
        UnreachableError: No server answers.
        SandboxError: The package with the health protocol is not installed.
    """
    try:
        from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: PLC0415 (not a part of a client's installation)
    except ModuleNotFoundError as error:
        raise SandboxError(f"the package {error.name} is missing: pip install 'sandbox-judge[server]'") from None
    with grpc.insecure_channel(endpoint, options=channel_options()) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=timeout_ms / 1000)
        except grpc.RpcError as error:
            raise UnreachableError(f"{endpoint} does not answer: {error.code().name}") from None
    name: str = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
    return name
