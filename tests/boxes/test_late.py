"""On a machine that is full of others, what carries a box's bytes to it and back waits for a CPU too.

The Engine and its helpers are in no box's cgroup, so no box's own figures tell how late they were. A sleeper that they
carry is stopped for its wall time only when it is stopped once more alone.
"""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from sandbox import Cause, Job, RequestedLimits, SourceTests, local

JOB = Job(
    program=b"import time; time.sleep(5)",
    tests=SourceTests(b"assert True"),
    limits=RequestedLimits(wall_time_ms=1_000),
)


@pytest.fixture
def crowd() -> Iterator[None]:
    """Others, twice as many as there are cores."""
    spin = [sys.executable, "-c", "while True: pass"]
    others = [subprocess.Popen(spin) for _ in range(2 * (os.cpu_count() or 1))]
    yield
    for other in others:
        other.kill()
        other.wait()


@pytest.mark.docker
@pytest.mark.gvisor
def test_a_sleeper_in_a_crowd_is_stopped_twice(crowd: None) -> None:
    with local(backend="docker") as client:
        verdict = client.run(JOB)
        assert (verdict.cause, verdict.attempts) == (Cause.WALL_TIME_LIMIT, 2)
        assert client.run(Job(program=b"x = 1", tests=SourceTests(b"assert x == 1"))).passed
