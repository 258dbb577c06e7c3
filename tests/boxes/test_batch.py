"""Several jobs in one box: each finds it as the first did, its limits bind as ever, and one that ends badly costs it.

With both backends. How much it saves is for the benchmarks.
"""

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from sandbox import Client, Integrity, Job, RequestedLimits, SourceTests, Verdict, local
from sandbox.job import new_job_id
from sandbox.verdict import Cause, JobResult
from tests.leftovers import leftovers, wait_until_as_before

MIB = 1 << 20


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("runsc", marks=pytest.mark.gvisor),
        pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.gvisor]),
    ],
)
def batch(request: pytest.FixtureRequest) -> Iterator[Client]:
    before = leftovers()
    with local(backend=request.param, slots=1, policies=["batch", "default"]) as client:
        yield client
    wait_until_as_before(before)


def job(
    program: str,
    tests: str = "assert f() == 1",
    *,
    limits: RequestedLimits | None = None,
    integrity: Integrity | None = None,
    policy: str = "batch",
) -> Job:
    return Job(
        program=program.encode(),
        tests=SourceTests(tests.encode()),
        limits=limits or RequestedLimits(),
        integrity=integrity,
        policy=policy,
    )


GOOD = job("def f(): return 1")
WRONG = job("def f(): return 2")


def one_after_the_other(client: Client, jobs: Sequence[Job]) -> list[Verdict]:
    """Run jobs on one stream, each when the one before it has its verdict."""
    verdicts: list[Verdict] = []
    for result in client.run_many(again(jobs), in_flight_max=1):
        assert isinstance(result, Verdict), result
        verdicts.append(result)
    return verdicts


def again(jobs: Sequence[Job]) -> list[Job]:
    return [replace(job, id=new_job_id()) for job in jobs]


def served_before(verdicts: Sequence[Verdict]) -> list[int]:
    return [verdict.receipt.box_jobs_before for verdict in verdicts]


def assert_shared(verdicts: Sequence[Verdict]) -> None:
    """Check that each job had the box of the one before it.

    Two boxes are as good as one: gVisor's own memory goes up and down, and about once in a hundred jobs a box holds too
    much for a moment, and is given up.
    """
    served = served_before(verdicts)
    assert all(now in {0, before + 1} for before, now in pairwise([-1, *served])), served
    assert served.count(0) <= 2, served


def test_jobs_of_one_stream_share_a_box(batch: Client) -> None:
    verdicts = one_after_the_other(batch, [GOOD, WRONG] * 10)
    assert [verdict.passed for verdict in verdicts] == [True, False] * 10
    assert_shared(verdicts)


def test_no_other_jobs_share_one(batch: Client) -> None:
    for _ in range(3):
        verdict = batch.run(again([GOOD])[0])
        assert isinstance(verdict, Verdict)
        assert (verdict.passed, verdict.receipt.box_jobs_before) == (True, 0)
    for _ in range(2):
        assert_shared(one_after_the_other(batch, [GOOD] * 4))
    apart = job("def f(): return 1", integrity=Integrity.SEPARATE_SANDBOX)
    default = job("def f(): return 1", policy="default")
    for alike in (apart, default):
        verdicts = one_after_the_other(batch, [alike] * 3)
        assert [verdict.passed for verdict in verdicts] == [True] * 3
        assert served_before(verdicts) == [0] * 3
    other_limits = job("def f(): return 1", limits=RequestedLimits(memory_bytes=128 * MIB))
    # With one slot, one box waits: the one that was used last.
    served = served_before(one_after_the_other(batch, [GOOD, other_limits, other_limits, GOOD]))
    assert served[:2] + served[3:] == [0, 0, 0]


LEAVES = """
import os, socket, threading, time
open("/tmp/left", "w").write("x")
open("/dev/shm/left", "w").write("x")
os.environ["LEFT"] = "x"
import builtins, random, sys
builtins.left = sys.left = random.left = "x"
server = socket.socket(socket.AF_UNIX)
server.bind("\\0left")
server.listen()
import ctypes
queue = ctypes.CDLL(None).msgget(1234, 0o1666)
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        time.sleep(1000)
def f():
    return 1
"""
LOOKS = """
import ctypes, os, random, socket, sys, builtins
found = os.listdir("/tmp") + os.listdir("/dev/shm")
found += [name for name in ("LEFT",) if name in os.environ]
found += [str(module) for module in (builtins, sys, random) if hasattr(module, "left")]
found += [name for name in os.listdir("/proc") if name.isdigit() and int(name) not in (1, os.getpid())]
if ctypes.CDLL(None).msgget(1234, 0) >= 0:
    found.append("queue")
try:
    socket.socket(socket.AF_UNIX).connect("\\0left")
    found.append("socket")
except OSError:
    pass
def f():
    return found
"""


@pytest.mark.parametrize("integrity", [Integrity.SEPARATE_PROCESS, Integrity.IN_PROCESS])
def test_nothing_of_a_job_is_there_for_the_next(batch: Client, integrity: Integrity) -> None:
    leaves = job(LEAVES, integrity=integrity)
    looks = job(LOOKS, "assert f() == [], f()", integrity=integrity)
    verdicts = one_after_the_other(batch, [looks, leaves, looks, leaves, looks])
    assert [verdict.message for verdict in verdicts if not verdict.passed] == []
    assert_shared(verdicts)


def test_nothing_of_tests_is_there_for_the_next(batch: Client) -> None:
    leaves = """
import os, time
open("/tmp/left", "w").write("x")
for _ in range(3):
    if os.fork() == 0:
        time.sleep(1000)
assert f() == 1
"""
    looks = """
import os
assert os.listdir("/tmp") == [] and f() == 1
assert [name for name in os.listdir("/proc") if name.isdigit() and int(name) > 1 + 2] == []
"""
    verdicts = one_after_the_other(batch, [job("def f(): return 1", tests) for tests in (looks, leaves, looks)])
    assert [verdict.message for verdict in verdicts if not verdict.passed] == []
    assert_shared(verdicts)


# A program of 752 bytes for x86-64: opens /dev/urandom, says that it is there, and for ever reads 400 times 1 MiB from
# it into the same place, in one system call (readv). In gVisor a process that is killed ends when its call does, and
# this one is too small to be noticed by what the box holds.
BUSY_IN_A_CALL = (
    "eNqrd/VxY2JkZIABJgY7BhBvA4MDmO8AFS9AKAGKWQDVOTCwMbCC1bKD1UMATB+MLoKKT9AUANMKUH7g05IUNgbigQCUNry0gwlI7RdmdGDw"
    "6LzGz+rZecDjeJODoAODgxZQqPmQAJBrIegA1uPR+ItBkoGh9O5+kDv3KYA1/fDo/MXP6rhTGCQE0rhrAlDWp/OET+dxftbX3/RTUsv0S4sS"
    "81Lycxn0GNydna0UNFxSkzIT8xQMjfSM9Ax0DU20U1KTDI1KDTWhQgwMesUZxSVFJYlJDHolqRUlDHpF+SmJJYkMeknFxQx6yfm5ual5JQyU"
    "Am4gBvmFDSO8ISAZTT0jGl8QKmYE5YPCEUJD+Pw49MNoYGgycAAxMywtCEL0K8EVCKDoV0AzTw5qlgGaOEy/OgH7GZHsRgaeBPTDAADxeUgT"
)
LINGERS = f"""
import base64, os, time, zlib
def f():
    with open("/tmp/busy", "wb") as file:
        file.write(zlib.decompress(base64.b64decode("{BUSY_IN_A_CALL}")))
    os.chmod("/tmp/busy", 0o755)
    heard, says = os.pipe()
    for _ in range(5):
        os.posix_spawn("/tmp/busy", ["busy"], {{}}, file_actions=[(os.POSIX_SPAWN_DUP2, says, 1)])
        os.read(heard, 1)
    time.sleep(0.03)
    return 1
"""
FORKS = """
import os, time
def f():
    made = 0
    try:
        while True:
            if os.fork() == 0:
                time.sleep(1000)
            made += 1
    except BlockingIOError:
        return made
"""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the program is for x86-64")
@pytest.mark.parametrize("integrity", [Integrity.SEPARATE_PROCESS, Integrity.IN_PROCESS])
def test_a_process_that_takes_its_time_to_die_is_waited_for(batch: Client, integrity: Integrity) -> None:
    limits = RequestedLimits(processes_max=8)
    good = replace(GOOD, limits=limits, integrity=integrity)
    lingers = job(LINGERS, limits=limits, integrity=integrity)
    forks = job(FORKS, "assert f() == 7, f()", limits=limits)
    jobs = [good, lingers, forks] * (2 if os.environ.get("SANDBOX_NIGHTLY") == "1" else 1)
    verdicts = one_after_the_other(batch, jobs)
    assert [(verdict.message, verdict.attempts) for verdict in verdicts] == [("", 1)] * len(jobs)


def test_ports_of_tests_are_free_again(batch: Client) -> None:
    tests = """
import socket
server = socket.socket()
server.bind(("127.0.0.1", 8080))
server.listen()
client = socket.create_connection(("127.0.0.1", 8080))
accepted, _ = server.accept()
# Who closes first waits in TIME_WAIT.
accepted.close()
assert client.recv(1) == b"" and f() == 1
"""
    verdicts = one_after_the_other(batch, [job("def f(): return 1", tests)] * 3)
    assert [verdict.message for verdict in verdicts if not verdict.passed] == []
    assert_shared(verdicts)


def test_tests_that_end_early_are_told_as_in_a_box_of_their_own(batch: Client) -> None:
    for tests in ("import os\nos._exit(0)", "import os\nos.kill(os.getppid(), 9)\nos._exit(77)"):
        alike = [job("def f(): return 1", tests, policy=policy) for policy in ("batch", "default")]
        (in_batch,), (in_default,) = (one_after_the_other(batch, [each]) for each in alike)
        assert (in_batch.cause, in_batch.attempts) == (in_default.cause, in_default.attempts)


def test_no_two_jobs_draw_the_same_random_numbers(batch: Client) -> None:
    draws = job(
        "import os, random, secrets, uuid\n"
        "def f(): return repr([random.random(), os.urandom(8), secrets.token_hex(8), uuid.uuid4().hex])",
        "print(f())\nassert False, f()",
    )
    verdicts = one_after_the_other(batch, [draws] * 10)
    messages = [verdict.test_results[0].message for verdict in verdicts]
    assert len({part for message in messages for part in message.split(", ")}) == 10 * 4
    assert_shared(verdicts)


ENDS: dict[str, tuple[Job, Cause]] = {
    "time": (job("while True: pass", limits=RequestedLimits(cpu_time_ms=500)), Cause.CPU_TIME_LIMIT),
    "memory": (job("x = bytearray(1 << 30)"), Cause.MEMORY_LIMIT),
    "output": (job("while True: print('x' * 100_000)"), Cause.OUTPUT_LIMIT),
    "violation": (job("import os\nwhile True: os.write(4, b'x' * 1000)"), Cause.PROTOCOL_VIOLATION),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_bad_end_costs_the_box(batch: Client, name: str) -> None:
    bad, cause = ENDS[name]
    calm = job("def f(): return 1", limits=bad.limits)
    verdicts = one_after_the_other(batch, [calm, calm, bad, calm, calm])
    assert [verdict.cause for verdict in verdicts] == [Cause.ALL_TESTS_PASSED] * 2 + [cause] + [
        Cause.ALL_TESTS_PASSED
    ] * 2
    # What was doubtful has been run once more, in a box of its own.
    assert_shared(verdicts[:2])
    assert_shared(verdicts[3:])


@pytest.mark.parametrize(
    ("program", "cause"),
    [
        ("import os\nos._exit(3)", Cause.EXITED_EARLY),
        ("import os\nos.kill(os.getpid(), 11)", Cause.SIGNALED),
        ("raise ValueError", Cause.LOAD_ERROR),
        ("def f(): raise ValueError", Cause.EXCEPTION),
    ],
)
def test_an_end_of_the_programs_own_does_not(batch: Client, program: str, cause: Cause) -> None:
    verdicts = one_after_the_other(batch, [job(program), GOOD] * 3)
    assert [verdict.cause for verdict in verdicts] == [cause, Cause.ALL_TESTS_PASSED] * 3
    assert_shared(verdicts)


def test_limits_are_those_of_each_job_alone(batch: Client) -> None:
    limits = RequestedLimits(memory_bytes=64 * MIB, cpu_time_ms=1_000, processes_max=8)
    # A box that was started, not restored, takes some 10 MiB more for its first job's processes.
    below = job(f"x = bytearray({46 * MIB})\ndef f(): return 1", limits=limits)
    above = job(f"x = bytearray({72 * MIB})\ndef f(): return 1", limits=limits)
    busy = job(
        "import time\ndef f():\n    while time.process_time() < 0.6: pass\n    return 1",
        limits=limits,
    )
    forks = job(
        "import os, time\n"
        "def f():\n"
        "    made = 0\n"
        "    try:\n"
        "        while True:\n"
        "            if os.fork() == 0:\n"
        "                time.sleep(1000)\n"
        "            made += 1\n"
        "    except BlockingIOError:\n"
        "        return made",
        "assert f() == 7, f()",
        limits=limits,
    )
    verdicts = one_after_the_other(batch, [*[below, busy, forks] * 3, above, below])
    assert [verdict.cause for verdict in verdicts] == [Cause.ALL_TESTS_PASSED] * 9 + [
        Cause.MEMORY_LIMIT,
        Cause.ALL_TESTS_PASSED,
    ]
    # Memory is given back a little later; a box that still holds some has been given up. Most have not.
    assert sum(before > 0 for before in served_before(verdicts[:9])) >= 4


def test_a_box_serves_so_many_and_no_more(batch: Client) -> None:
    jobs = 250 if os.environ.get("SANDBOX_NIGHTLY") == "1" else 70
    results: list[JobResult] = list(batch.run_many(again([GOOD] * jobs), in_flight_max=4))
    verdicts = [result for result in results if isinstance(result, Verdict)]
    assert [verdict.passed for verdict in verdicts] == [True] * jobs
    assert 20 < max(served_before(verdicts)) <= 99
