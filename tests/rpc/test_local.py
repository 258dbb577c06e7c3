"""A private server comes and goes with its block. The server here is a stand-in that runs nothing."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from sandbox.client import local as local_module
from sandbox.client.local import local
from sandbox.errors import BackendError

SERVER = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
import grpc
from sandbox.v1 import sandbox_pb2 as pb, sandbox_pb2_grpc

class Service(sandbox_pb2_grpc.SandboxServiceServicer):
    def Execute(self, request, context): ...
    def ExecuteStream(self, request, context): ...
    def GetServerInfo(self, request, context):
        return pb.GetServerInfoResponse(backend=" ".join(sys.argv[1:]))

server = grpc.server(ThreadPoolExecutor(2))
sandbox_pb2_grpc.add_SandboxServiceServicer_to_server(Service(), server)
server.add_insecure_port(sys.argv[sys.argv.index("--listen") + 1])
server.start()
sys.stdin.read()
server.stop(0)
"""


class Spawner:
    def __init__(self, script: str) -> None:
        self.script = script
        self.processes: list[subprocess.Popen[bytes]] = []

    def __call__(self, arguments: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as stderr:
            command = [sys.executable, "-c", self.script, *arguments]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=stderr, start_new_session=True)
        self.processes.append(process)
        return process


def test_the_server_lives_as_long_as_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    spawner = Spawner(SERVER)
    monkeypatch.setattr(local_module, "_spawn", spawner)
    with local(backend="docker", slots=2, extra_args=["--queue", "7"]) as client:
        arguments = client.server_info().backend.split()
        folder = str(Path(arguments[1].removeprefix("unix:")).parent)
        last = ["--last-removed", folder]
        assert arguments[2:] == [
            *("--backend", "docker", "--die-with-stdin", *last, "--slots", "2", "--policy", "default", "--queue", "7")
        ]
        folder = Path(arguments[1].removeprefix("unix:")).parent
        assert folder.stat().st_mode & 0o077 == 0
    assert [process.returncode for process in spawner.processes] == [0]
    assert not folder.exists()


def test_a_server_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    spawner = Spawner("import sys; print('no gVisor here', file=sys.stderr); sys.exit(3)")
    monkeypatch.setattr(local_module, "_spawn", spawner)
    with pytest.raises(BackendError, match=r"exit code 3\):\nno gVisor here"), local():
        pass


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    spawner = Spawner("import sys; sys.stdin.read()")
    monkeypatch.setattr(local_module, "_spawn", spawner)
    with pytest.raises(BackendError, match="did not answer within 1 ms"), local(start_timeout_ms=1):
        pass
    assert spawner.processes[0].returncode == 0


def test_an_error_in_the_block_ends_the_server_too(monkeypatch: pytest.MonkeyPatch) -> None:
    spawner = Spawner(SERVER)
    monkeypatch.setattr(local_module, "_spawn", spawner)
    with pytest.raises(LookupError), local():
        raise LookupError
    assert spawner.processes[0].returncode == 0
