"""Boxes that wait are real ones: a job finds one, each job has another, and nothing of them is left.

With both backends. How long anything takes is for the benchmarks.
"""

import time
from collections.abc import Iterator

import pytest

from sandbox import Client, Job, RequestedLimits, SourceTests, Verdict, local
from tests.leftovers import leftovers, wait_until_as_before

READY_MAX = 2
JOB = Job(program=b"import os\ndef f(): return os.listdir('/tmp')\n", tests=SourceTests(b"assert f() == []"))
_PATIENCE_S = 60.0


@pytest.fixture(
    params=[
        pytest.param("runsc", marks=pytest.mark.gvisor),
        pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.gvisor]),
    ]
)
def pooled(request: pytest.FixtureRequest) -> Iterator[Client]:
    before = leftovers()
    with local(backend=request.param, extra_args=["--ready-max", str(READY_MAX)]) as client:
        yield client
    wait_until_as_before(before)


def run(client: Client, job: Job) -> Verdict:
    return client.run(Job(program=job.program, tests=job.tests, limits=job.limits))


def until_ready(client: Client, job: Job) -> Verdict:
    """Ask again and again, with pauses, until a job has found a box that waited."""
    until = time.monotonic() + _PATIENCE_S
    while not (verdict := run(client, job)).usage.box_waited:
        assert verdict.passed, verdict
        assert time.monotonic() < until, "no job found a box that waited"
        time.sleep(0.5)
    return verdict


def test_a_job_finds_a_box_that_waited(pooled: Client) -> None:
    verdict = until_ready(pooled, JOB)
    # What the box used while it was made and waited is not the job's.
    assert verdict.usage.cpu_time_ms < 1_000
    assert verdict.usage.memory_peak_bytes < 64 << 20


def test_nothing_of_a_job_is_there_for_the_next(pooled: Client) -> None:
    leaves = Job(
        program=b"open('/tmp/left', 'w').write('x')\ndef f(): return 1\n", tests=SourceTests(b"assert f() == 1")
    )
    until_ready(pooled, JOB)
    waited = 0
    for _ in range(4):
        assert run(pooled, leaves).passed
        verdict = run(pooled, JOB)
        assert verdict.passed
        waited += verdict.usage.box_waited
        time.sleep(1)
    assert waited


def test_limits_bind_in_a_box_that_waited(pooled: Client) -> None:
    limits = RequestedLimits(cpu_time_ms=500, memory_bytes=64 << 20)
    calm = Job(program=b"def f(): return []", tests=JOB.tests, limits=limits)
    until_ready(pooled, calm)
    time.sleep(1)
    spins = run(pooled, Job(program=b"while True: pass", tests=JOB.tests, limits=limits))
    assert (spins.cause.value, spins.evidence.limit_name) == ("CPU_TIME_LIMIT", "cpu_time_ms")
    until_ready(pooled, calm)
    time.sleep(1)
    bomb = run(pooled, Job(program=b"x = bytearray(128 << 20)", tests=JOB.tests, limits=limits))
    assert (bomb.cause.value, bomb.evidence.limit_name) == ("MEMORY_LIMIT", "memory_bytes")
    assert spins.usage.box_waited or bomb.usage.box_waited
    assert run(pooled, calm).passed
