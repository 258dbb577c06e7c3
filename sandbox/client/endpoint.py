"""One server's address, and the channel to it."""

import math
import time
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
        failures: Calls of `run` in a row that found nobody, or no room.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.channel = grpc.aio.insecure_channel(target, options=channel_options())
        self.stub: SandboxServiceAsyncStub = sandbox_pb2_grpc.SandboxServiceStub(self.channel)
        self.outstanding = 0
        self.failures = 0
        self._shunned_until_s = -math.inf

    def shun(self, delay_s: float) -> None:
        """Let calls of `run` go to other servers, where there are any, for some seconds: they found nobody here."""
        self._shunned_until_s = time.monotonic() + delay_s

    def is_shunned(self) -> bool:
        """Tell whether that is so now."""
        return time.monotonic() < self._shunned_until_s


def unreachable(targets: Sequence[str]) -> UnreachableError:
    """Return the error for servers that do not answer."""
    return UnreachableError(f"no server answers at {', '.join(targets)}: is `sandbox serve` running?")
