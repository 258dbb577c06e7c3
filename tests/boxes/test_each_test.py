"""Each test's own limit binds exactly, however slow the server is to listen: the box waits for it between two tests.

The server is stopped for a while at different moments of a job. Tests above their limit are found out all the same, and
what one test uses is not held against another.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sandbox import CallCase, CallTests, Client, Integrity, Job, RequestedLimits, SourceTests, Verdict, local
from tests.e2e.test_launcher import the_two

LIMIT_MS = 500
SPIN = b"""
import time
def spin(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
"""
ABOVE = SourceTests(b"def test_a(): spin(0.9)\n" + b"".join(b"def test_%d(): spin(0)\n" % n for n in range(40)))
BELOW = SourceTests(b"".join(b"def test_%d(): spin(0.25)\n" % n for n in range(4)))
PRINTS = (
    SPIN
    + b"""
import threading
def prints():
    for _ in range(500):
        print("x" * 9_999)
threading.Thread(target=prints).start()
"""
)
STOPPED_FOR_S = 1.5
RUNSC = pytest.mark.gvisor
DOCKER = (pytest.mark.docker, pytest.mark.gvisor)
BACKENDS = pytest.mark.parametrize(
    "own", [pytest.param("runsc", marks=RUNSC), pytest.param("docker", marks=DOCKER)], indirect=True
)
MOMENTS_S = (0.2, 0.6, 1.0)
OTHER_MOMENTS_S = MOMENTS_S if os.environ.get("SANDBOX_NIGHTLY") == "1" else (0.6,)
# Who waits for whom between two tests is the same with both backends: one of them shows it for each level.
LEVELS = pytest.mark.parametrize(
    ("own", "integrity", "stopped_at_s"),
    [
        *(pytest.param("runsc", Integrity.SEPARATE_PROCESS, moment, marks=RUNSC) for moment in MOMENTS_S),
        *(pytest.param("runsc", Integrity.IN_PROCESS, moment, marks=RUNSC) for moment in OTHER_MOMENTS_S),
        *(pytest.param("runsc", Integrity.SEPARATE_SANDBOX, moment, marks=RUNSC) for moment in OTHER_MOMENTS_S),
        *(pytest.param("docker", Integrity.SEPARATE_PROCESS, moment, marks=DOCKER) for moment in OTHER_MOMENTS_S),
    ],
    indirect=["own"],
)


@pytest.fixture(scope="module")
def own(request: pytest.FixtureRequest) -> Iterator[tuple[Client, int]]:
    """A client of a server of our own, and the server's pid."""
    with local(backend=request.param) as client:
        yield client, the_two()[0].pid


def run_with_a_slow_server(own: tuple[Client, int], job: Job, stopped_at_s: float) -> Verdict:
    client, pid = own
    over = threading.Event()

    def stop() -> None:
        if not over.wait(stopped_at_s):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(STOPPED_FOR_S)
            os.kill(pid, signal.SIGCONT)

    stopping = threading.Thread(target=stop)
    stopping.start()
    try:
        return client.run(job)
    finally:
        over.set()
        stopping.join()


def job(tests: SourceTests | CallTests, integrity: Integrity | None = None) -> Job:
    # Wall time goes on while nobody listens, and is not what this is about.
    limits = RequestedLimits(cpu_time_ms=20_000, test_cpu_time_ms=LIMIT_MS, test_wall_time_ms=20_000)
    return Job(program=SPIN, tests=tests, limits=limits, integrity=integrity)


@LEVELS
def test_a_test_above_its_limit_is_found_out(
    own: tuple[Client, int], integrity: Integrity, stopped_at_s: float
) -> None:
    verdict = run_with_a_slow_server(own, job(ABOVE, integrity), stopped_at_s)
    assert (verdict.cause.value, verdict.evidence.limit_name) == ("CPU_TIME_LIMIT", "test_cpu_time_ms"), verdict


@LEVELS
def test_what_one_test_uses_is_not_held_against_another(
    own: tuple[Client, int], integrity: Integrity, stopped_at_s: float
) -> None:
    verdict = run_with_a_slow_server(own, job(BELOW, integrity), stopped_at_s)
    assert verdict.passed, verdict
    assert verdict.tests_planned == 4


@pytest.mark.gvisor
@pytest.mark.parametrize("own", ["runsc"], indirect=True)
@pytest.mark.parametrize("integrity", Integrity)
def test_what_a_program_prints_between_two_tests_keeps_no_test_waiting(
    own: tuple[Client, int], integrity: Integrity
) -> None:
    """From another box the output and the host's word come on one way."""
    tests = b"import time\n" + b"".join(b"def test_%d(): spin(0); time.sleep(0.3)\n" % n for n in range(5))
    limits = RequestedLimits(cpu_time_ms=20_000, test_cpu_time_ms=LIMIT_MS * 10, wall_time_ms=30_000)
    verdict = own[0].run(Job(program=PRINTS, tests=SourceTests(tests), limits=limits, integrity=integrity))
    assert verdict.passed, verdict
    assert verdict.stdout.data.startswith(b"xxx")


@pytest.mark.gvisor
@pytest.mark.parametrize("own", ["runsc"], indirect=True)
def test_a_call_that_outlasts_its_test_is_nobody_elses(own: tuple[Client, int]) -> None:
    """The tests' thread that waits for it does not take the host's word, which is for the tests, for its own."""
    tests = b"""
import threading
told = []
def ask():
    told.append(rest(1))
def test_that_leaves_a_call():
    threading.Thread(target=ask).start()
def test_that_calls():
    assert rest(0) is None
    assert told == [None]
"""
    program = SPIN + b"def rest(seconds): time.sleep(seconds)\n"
    verdict = own[0].run(replace(job(SourceTests(tests)), program=program))
    assert verdict.passed, verdict


@BACKENDS
def test_a_thousand_tests_are_a_thousand_turns(own: tuple[Client, int]) -> None:
    cases = tuple(CallCase.of(0, expected=None) for _ in range(1_000))
    verdict = own[0].run(job(CallTests("spin", cases)))
    assert verdict.passed, verdict
    assert len(verdict.test_results) == 1_000
