"""Each way to keep tests apart from the program gives honest programs the same verdicts, and says which way it was."""

import pytest

from sandbox import (
    CallCase,
    CallTests,
    Case,
    CaseTests,
    Client,
    Integrity,
    Job,
    JobRefusedError,
    NoTests,
    RequestedLimits,
    ServiceError,
    SourceTests,
    Verdict,
)
from sandbox.job import Tests
from sandbox.verdict import JobResult, ServiceErrorCode

STATEFUL = b"""
class Sum:
    def __init__(self):
        self.total = 0

    def add(self, number):
        self.total += number
        return self


def ordered(items, key=None):
    print("ordering")
    items.sort(key=key)
    return items


def fail():
    raise ValueError("no")
"""
STATEFUL_TESTS = b"""
assert Sum().add(3).add(4).total == 7
items = [3, 1, 2]
assert ordered(items) is items and items == [1, 2, 3]
assert ordered([3, 1, 2], key=lambda item: -item) == [3, 2, 1]
try:
    fail()
except ValueError as error:
    assert str(error) == "no"
else:
    assert False
"""
UNITTEST = b"""
import unittest
class OfTwo(unittest.TestCase):
    def test_right(self): self.assertEqual(f(), 2)
    def test_wrong(self): self.assertEqual(f(), 3)
"""
PYTEST = b"""
import pytest
@pytest.mark.parametrize("times", [1, 2])
def test_f(times): assert f() * times == 2 * times
"""
OWN_TESTS = (
    b"def f(): return 2\ndef test_of_the_program(): assert 0\nclass TestOfTheProgram:\n    def test(self): assert 0\n"
)
MILLION = b"numbers = list(range(1_000_000))\nassert f(numbers) == sum(numbers)"

SOURCES: dict[str, tuple[bytes, bytes, str]] = {
    "stateful": (STATEFUL, STATEFUL_TESTS, "ALL_TESTS_PASSED"),
    "unittest": (b"def f(): return 2", UNITTEST, "WRONG_ANSWER"),
    "pytest": (OWN_TESTS, PYTEST, "ALL_TESTS_PASSED"),
    "fixture": (
        b"def f(): print('a')",
        b"def test_f(capsys):\n    f()\n    assert capsys.readouterr().out == 'a\\n'",
        "ALL_TESTS_PASSED",
    ),
    "prints": (
        b"import sys\ndef f():\n    print('a')\n    print('b', file=sys.stderr)",
        b"def test_f(capsys):\n  for _ in range(100):\n    f()\n    assert capsys.readouterr() == ('a\\n', 'b\\n')",
        "ALL_TESTS_PASSED",
    ),
    "waits": (b"async def f(): return 2", b"async def test_f():\n    assert await f() == 2", "ALL_TESTS_PASSED"),
    "million": (b"f = sum", MILLION, "ALL_TESTS_PASSED"),
    "wrong": (b"def f(): return 1", b"assert f() == 2", "WRONG_ANSWER"),
    "raises": (b"def f(): return 1 / 0", b"assert f() == 2", "EXCEPTION"),
    "no_such_name": (b"def g(): return 2", b"assert f() == 2", "EXCEPTION"),
    "does_not_load": (b"def f(): return 2\n1 / 0", b"assert f() == 2", "LOAD_ERROR"),
    "exits": (b"import sys\ndef f(): return 2\nsys.exit(0)", b"assert f() == 2", "EXITED_EARLY"),
    "exits_late": (b"import os\ndef f(): os._exit(0)", b"assert f() == 2", "EXITED_EARLY"),
    "crashes": (b"import os\ndef f(): os.kill(os.getpid(), 11)", b"assert f() == 2", "SIGNALED"),
    "loops": (b"def f():\n    while True: pass", b"assert f() == 2", "CPU_TIME_LIMIT"),
    "sleeps": (b"import time\ndef f(): time.sleep(60)", b"assert f() == 2", "WALL_TIME_LIMIT"),
    "takes_memory": (b"def f(): return bytearray(1 << 27)", b"assert f() == 2", "MEMORY_LIMIT"),
    "floods": (b"def f():\n    while True: print('x' * 100_000)", b"assert f() == 2", "OUTPUT_LIMIT"),
    "eats_the_tests": (b"import sys\ndef f(): return len(sys.stdin.read())", b"assert f() == 0", "ALL_TESTS_PASSED"),
}
# Each that is stopped for its time or its memory is run twice, the second time alone.
SHORT = {
    "loops": RequestedLimits(cpu_time_ms=500),
    "sleeps": RequestedLimits(wall_time_ms=1_000),
    "takes_memory": RequestedLimits(memory_bytes=64 << 20),
    # 64 MiB on their way through two boxes take two thirds of what a job gets that does not ask.
    "floods": RequestedLimits(cpu_time_ms=20_000),
}
OTHERS: dict[str, tuple[bytes, Tests, str]] = {
    "cases": (b"print(input()[::-1])", CaseTests((Case(b"abc", b"cba"), Case(b"12", b"21"))), "ALL_TESTS_PASSED"),
    "calls": (b"def f(a, b): return a + b", CallTests("f", (CallCase.of(1, 2, expected=3),)), "ALL_TESTS_PASSED"),
    "none": (b"print(1)", NoTests(), "ALL_TESTS_PASSED"),
    "none_and_fails": (b"raise SystemExit(3)", NoTests(), "EXITED_EARLY"),
}


def results(client: Client, level: Integrity, programs: dict[str, tuple[bytes, Tests, str]]) -> dict[str, JobResult]:
    jobs = [
        Job(id=name, program=program, tests=tests, integrity=level, limits=SHORT.get(name, RequestedLimits()))
        for name, (program, tests, _) in programs.items()
    ]
    return {result.job_id: result for result in client.run_many(jobs)}


def said(found: dict[str, JobResult]) -> dict[str, tuple[str, str]]:
    return {
        name: (result.cause.value, result.integrity.value) if isinstance(result, Verdict) else (result.message, "")
        for name, result in found.items()
    }


@pytest.mark.parametrize("level", Integrity)
def test_honest_programs_get_the_same_verdicts(client: Client, level: Integrity) -> None:
    programs = {name: (program, SourceTests(tests), cause) for name, (program, tests, cause) in SOURCES.items()}
    found = results(client, level, programs)

    assert said(found) == {name: (cause, level.value) for name, (_, _, cause) in programs.items()}
    stateful, unittest, pytests = (found[name] for name in ("stateful", "unittest", "pytest"))
    assert isinstance(stateful, Verdict)
    assert stateful.stdout.data == b"ordering\n" * 2
    assert isinstance(unittest, Verdict)
    assert [test.status.value for test in unittest.test_results] == ["PASSED", "FAILED"]
    assert isinstance(pytests, Verdict)
    assert pytests.tests_planned == 2


@pytest.mark.parametrize("level", [Integrity.SEPARATE_PROCESS, Integrity.SEPARATE_SANDBOX])
def test_other_tests_are_always_apart(client: Client, level: Integrity) -> None:
    found = results(client, level, OTHERS)

    assert said(found) == {name: (cause, level.value) for name, (_, _, cause) in OTHERS.items()}


def test_other_tests_cannot_run_in_the_program(client: Client) -> None:
    with pytest.raises(JobRefusedError, match=r"job\.integrity"):
        client.run(Job(program=b"print(1)", integrity=Integrity.IN_PROCESS))


def test_a_patch_of_what_the_program_uses_is_one_in_both_processes(client: Client) -> None:
    program = b"import time\ndef f(): return time.time()"
    tests = SourceTests(b"from unittest import mock\nwith mock.patch('time.time', lambda: 5): assert f() == 5")

    split = client.run(Job(program=program, tests=tests))
    together = client.run(Job(program=program, tests=tests, integrity=Integrity.IN_PROCESS))

    assert (split.passed, together.passed) == (True, True)


@pytest.mark.parametrize("level", Integrity)
def test_tests_that_are_none_are_the_tests_fault(client: Client, level: Integrity) -> None:
    job = Job(program=b"def f(): return 2", tests=SourceTests(b"assert f() =="), integrity=level)
    result = next(iter(client.run_many([job])))

    assert isinstance(result, ServiceError)
    assert result.code is ServiceErrorCode.TESTS_ERROR


def test_what_a_program_says_of_its_tests_is_its_own_word_but_must_make_sense(client: Client) -> None:
    # In one process a program can say that it passed. It cannot say anything that an honest one does not.
    header = (
        "import os, struct\ndef frame(kind, body=b''): os.write(4, struct.pack('>IB', len(body), kind[0]) + body)\n"
    )
    plan, passed, done = "frame(b'p', struct.pack('>I', 1))", "frame(b'r', struct.pack('>IBB', 0, 1, 0))", "frame(b'd')"
    strange = [
        (plan, plan, done),
        (plan, passed, passed, done),
        ("frame(b'r', struct.pack('>IBB', 0, 9, 0))", done),
        ("frame(b'd')",),
        ("frame(b'v', b'x')",),
        ("os.write(4, b'\\xff' * 100)",),
        (plan, done),
    ]
    jobs = [
        Job(
            id=str(number),
            program=(header + "\n".join(lines)).encode(),
            tests=SourceTests(b"assert 0"),
            integrity=Integrity.IN_PROCESS,
        )
        for number, lines in enumerate(strange)
    ]
    found = said({result.job_id: result for result in client.run_many(jobs)})

    assert "ALL_TESTS_PASSED" not in {cause for cause, _ in found.values()}, found
