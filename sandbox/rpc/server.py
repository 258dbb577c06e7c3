"""A gRPC server around the service: addresses, health, and an orderly end."""

import ipaddress
import os
import socket
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from sandbox.errors import SandboxError
from sandbox.rpc.options import server_options
from sandbox.rpc.service import SandboxService
from sandbox.v1 import sandbox_pb2, sandbox_pb2_grpc

SERVICE_NAME = sandbox_pb2.DESCRIPTOR.services_by_name["SandboxService"].full_name


_PORT_MAX = 65_535


class AddressError(SandboxError):
    """The server cannot, or must not, listen there."""


def check_address(address: str, *, allow_remote: bool) -> None:
    """Refuse an address that cannot or must not be listened on, before anything is done for it.

    Raises:
        AddressError: It is malformed, or open to other machines without leave.
    """
    if not _is_well_formed(address):
        raise AddressError(f"{address!r} is no address to listen on: HOST:PORT, with a port up to 65535, or unix:PATH")
    if not allow_remote and not _is_private(address):
        raise AddressError(
            f"{address} is open to other machines and there is no authentication: listen on 127.0.0.1 or on "
            "unix:PATH, or say --allow-remote if something else guards the port"
        )


class RpcServer:
    """Serves until it is stopped."""

    def __init__(self, service: SandboxService) -> None:
        """Prepare; nothing listens yet."""
        self._server = grpc.aio.server(options=server_options())
        self._health = health.aio.HealthServicer()
        sandbox_pb2_grpc.add_SandboxServiceServicer_to_server(service, self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)

    async def start(self, address: str, *, allow_remote: bool) -> int:
        """Listen. Returns the port, 0 for a unix socket.

        Args:
            address: `HOST:PORT` or `unix:PATH`.
            allow_remote: Whether other machines may connect. There is no authentication yet.

        Raises:
            AddressError: The address is in use, malformed, or open to other machines without leave.
        """
        check_address(address, allow_remote=allow_remote)
        if _answers(address):
            raise AddressError(f"cannot listen on {address}: another server does")
        try:
            port = self._server.add_insecure_port(address)
        except RuntimeError:
            raise AddressError(f"cannot listen on {address}: {_why_not(address)}") from None
        await self._server.start()
        for name in ("", SERVICE_NAME):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        return port

    async def stop(self, grace_s: float) -> None:
        """Say that we are going, let running calls finish for a while, then cancel them."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_s)


def _why_not(address: str) -> str:
    if not address.startswith("unix:"):
        return "in use already, or no address of this machine"
    folder = Path(address.removeprefix("unix:")).parent
    if os.access(folder, os.W_OK | os.X_OK):
        return "the path is too long, or not that of a socket"
    return f"the server, which is not root but user {os.geteuid()}, must be able to write to {folder}"


def _answers(address: str) -> bool:
    """Tell whether somebody listens on a unix socket: gRPC would take it from them without a word."""
    if not address.startswith("unix:"):
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(address.removeprefix("unix:"))
        except OSError:
            return False
    return True


def _is_well_formed(address: str) -> bool:
    if address.startswith("unix:"):
        return address != "unix:"
    host, _, port = address.rpartition(":")
    # gRPC takes a port modulo 65536, and -1 for the last one.
    return bool(host) and port.isascii() and port.isdigit() and int(port) <= _PORT_MAX


def _is_private(address: str) -> bool:
    if address.startswith("unix:"):
        return True
    host, _, _ = address.rpartition(":")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
