"""A real server shows what it counts, from a process without privileges, and each reload."""

import os
import signal
import socket
import time
import urllib.request

import pytest

from sandbox import Job, SourceTests, local
from sandbox.launcher.privileges import look
from tests.e2e.test_launcher import the_two

pytestmark = pytest.mark.gvisor

JOB = Job(program=b"def f(): return 1", tests=SourceTests(b"assert f() == 1"))
_PATIENCE_S = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def page(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text: bytes = answer.read()
    return text.decode()


def until_shown(port: int, line: str) -> None:
    until = time.monotonic() + _PATIENCE_S
    while line not in page(port):
        assert time.monotonic() < until, page(port)
        time.sleep(0.1)


def test_a_server_shows_what_it_counts() -> None:
    port = free_port()
    with local(backend="runsc", extra_args=["--metrics", f"127.0.0.1:{port}"]) as client:
        assert client.run(JOB).passed
        assert not client.run(Job(program=b"1 / 0")).passed
        server, launcher = the_two()

        shown = page(port)
        for line in (
            'sandbox_verdicts_total{cause="ALL_TESTS_PASSED",language="python",policy="default",status="PASSED"} 1.0',
            'sandbox_job_cpu_seconds_count{language="python",policy="default"} 2.0',
        ):
            assert line in shown
        until_shown(port, "sandbox_jobs_running 0.0")  # a verdict is sent before its slot is free

        # The thread that shows them has no more privileges than the rest; the launcher still has no network.
        for thread in os.listdir(f"/proc/{server.pid}/task"):  # noqa: PTH208 - names, not paths
            assert look(f"{server.pid}/task/{thread}").is_none
        assert launcher.net_connections("inet") == []

        server.send_signal(signal.SIGHUP)
        until_shown(port, 'sandbox_policy_reloads_total{result="done"} 1.0')
