"""One server's address, and the channel to it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import grpc.aio

from sandbox.errors import UnreachableError
from sandbox.rpc.options import channel_options
from sandbox.v1 import sandbox_pb2_grpc

if TYPE_CHECKING:
    from sandbox.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub


class Endpoint:
    """A channel to one server. Must be made inside a running event loop.

    Attributes:
        target: `HOST:PORT` or `unix:PATH`.
        channel: The channel.
        stub: The service's methods over that channel.
        outstanding: Calls of `run` that have not been answered.
        failures: Calls in a row that found nobody.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.channel = grpc.aio.insecure_channel(target, options=channel_options())
        self.stub: SandboxServiceAsyncStub = sandbox_pb2_grpc.SandboxServiceStub(self.channel)
        self.outstanding = 0
        self.failures = 0


def unreachable(targets: Sequence[str]) -> UnreachableError:
    """Return the error for servers that do not answer."""
    return UnreachableError(f"no server answers at {', '.join(targets)}: is `sandbox serve` running?")
