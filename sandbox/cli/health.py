"""`sandbox health`: asks a server whether it serves, by the standard health protocol. For container health checks."""
# ruff: noqa: PLC0415 (imported late: `sandbox --help` must work where the server's packages are not installed)

import sys

import click

from sandbox.cli.options import SECONDS
from sandbox.errors import SandboxError


@click.command()
@click.argument("endpoint", metavar="HOST:PORT", default="localhost:50051")
@click.option("--timeout", "timeout_s", type=SECONDS, default=3.0, show_default=True, help="Seconds to wait.")
def health(*, endpoint: str, timeout_s: float) -> None:
    """Ask the server at HOST:PORT or unix:PATH whether it serves.

    Exit code: 0 when it does, 1 when it says that it does not, 3 when nobody answers.
    """
    try:
        import grpc
        from grpc_health.v1 import health_pb2, health_pb2_grpc
    except ModuleNotFoundError as error:
        raise SandboxError(f"the package {error.name} is missing: pip install 'sandbox-judge[server]'") from None
    from sandbox.rpc.options import channel_options

    with grpc.insecure_channel(endpoint, options=channel_options()) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=timeout_s)
        except grpc.RpcError as error:
            raise SandboxError(f"{endpoint} does not answer: {error.code().name}") from None
    state = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
    click.echo(state)
    sys.exit(0 if state == "SERVING" else 1)
