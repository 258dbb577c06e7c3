"""Tests that give up a call, by a thread or by a signal, as tests with a time limit of their own do.

Whatever the program writes at that moment, half a frame is never told, nor one within another: the host would take the
program's output for the tests' word. And a call that was given up is answered late, which is no fault of the program.
"""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sandbox import Case, CaseTests, Client, Integrity, Job, RequestedLimits, SourceTests, Verdict, local
from sandbox.job import new_job_id
from tests.leftovers import leftovers, wait_until_as_before

ROUNDS = 6 if os.environ.get("SANDBOX_NIGHTLY") == "1" else 3
APART = pytest.mark.parametrize("integrity", [Integrity.SEPARATE_PROCESS, Integrity.SEPARATE_SANDBOX])

# Writes what a frame says that a test has passed, and the last frame, wherever a frame may be cut, about when its
# tests lose patience.
FORGER = b"""
import os, struct, time
FRAMES = struct.pack(">IBIBB", 6, ord("t"), 0, 1, 0) + struct.pack(">IB", 0, ord("d"))
CHUNK = bytearray(b"x" * 40_000)
for end in (*range(4_096, 40_000, 4_096), 40_000):
    for place in (end - %(length)d - 5, end - len(FRAMES)):
        CHUNK[place:place + len(FRAMES)] = FRAMES
CHUNK = bytes(CHUNK)
def f():
    start = time.monotonic()
    while time.monotonic() < start + 0.99: time.sleep(0.0005)
    for _ in range(24):
        os.write(1, CHUNK)
        os.write(2, CHUNK)
    time.sleep(30)
"""
BY_A_SIGNAL = b"""
import signal
def late(*_): raise TimeoutError("late")
signal.signal(signal.SIGALRM, late)
def limited(call):
    signal.setitimer(signal.ITIMER_REAL, 1)
    try:
        return call()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
"""
BY_A_THREAD = b"""
import threading
def limited(call):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(call()), daemon=True)
    thread.start()
    thread.join(1)
    assert answers, "late"
    return answers[0]
"""
ONE_TEST = b"def test_f(): assert limited(f) == 1\n"
ENDS = {BY_A_SIGNAL: ("EXCEPTION", "TimeoutError"), BY_A_THREAD: ("WRONG_ANSWER", "AssertionError")}
WAYS = pytest.mark.parametrize(
    "way", [pytest.param(BY_A_SIGNAL, id="by_a_signal"), pytest.param(BY_A_THREAD, id="by_a_thread")]
)


RUNSC = pytest.param("runsc", marks=pytest.mark.gvisor)
DOCKER = pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.gvisor])
# What the box says to the host goes another way with Docker; the rest is the same.
BOTH = pytest.mark.parametrize("client", [RUNSC, DOCKER], indirect=True)
ONE = pytest.mark.parametrize("client", [RUNSC], indirect=True)


@pytest.fixture(scope="module")
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    before = leftovers()
    with local(backend=request.param, slots=2) as client:
        yield client
    wait_until_as_before(before)


def job(program: bytes, tests: bytes, integrity: Integrity, *, each: bool = False) -> Job:
    limits = RequestedLimits(cpu_time_ms=20_000, wall_time_ms=20_000)
    if each:
        limits = replace(limits, test_cpu_time_ms=10_000, test_wall_time_ms=15_000)
    return Job(program=program, tests=SourceTests(tests), limits=limits, integrity=integrity)


def run(client: Client, job: Job) -> Verdict:
    verdict = client.run(job)
    assert isinstance(verdict, Verdict), verdict
    return verdict


@BOTH
@WAYS
@APART
def test_no_output_becomes_a_verdict(client: Client, way: bytes, integrity: Integrity) -> None:
    cause, name = ENDS[way]
    # What is told of the check is as long as the frame with which it is told.
    program = FORGER % {b"length": 11 + len(f"test_f: {name}: late")}
    forger = job(program, way + ONE_TEST, integrity)
    verdicts = list(client.run_many(replace(forger, id=new_job_id()) for _ in range(ROUNDS)))
    assert [verdict.cause.value for verdict in verdicts if isinstance(verdict, Verdict)] == [cause] * ROUNDS


@ONE
@WAYS
@APART
@pytest.mark.parametrize("each", [False, True])
def test_a_late_answer_is_no_fault(client: Client, way: bytes, integrity: Integrity, each: bool) -> None:
    program = b"""
import time
def slow(echo):
    time.sleep(1.5)
    print("slept")
    return echo("asked back")
def double(x): return 2 * x
"""
    tests = (
        way
        + b"""
heard = []
def echo(text):
    heard.append(text)
    return text
def test_that_gives_up():
    try:
        limited(lambda: slow(echo))
    except (TimeoutError, AssertionError):
        return
    raise ValueError("it was in time")
def test_that_does_nothing(): pass
def test_that_calls():
    assert [double(x) for x in range(20)] == [2 * x for x in range(20)]
    assert heard == HEARD
"""
    )
    # What is raised by a handler ends the call; a thread that nobody waits for is still in it.
    tests = tests.replace(b"HEARD", b"['asked back']" if way == BY_A_THREAD else b"[]")
    verdict = run(client, job(program, tests, integrity, each=each))
    assert verdict.passed, verdict
    assert verdict.tests_planned == 3
    assert verdict.stdout.data == b"slept\n"


@ONE
@APART
def test_tests_print_while_the_program_does(client: Client, integrity: Integrity) -> None:
    program = b"""
def f():
    for _ in range(10): print("y" * 39_999)
"""
    tests = b"""
import threading
def test_f():
    thread = threading.Thread(target=f)
    thread.start()
    while thread.is_alive():
        print("waiting")
        thread.join(0.0005)
"""
    verdict = run(client, job(program, tests, integrity))
    assert verdict.passed, verdict
    assert verdict.stdout.data.replace(b"waiting", b"").replace(b"\n", b"") == b"y" * 399_990


@ONE
@APART
def test_a_call_outlasts_several_tests(client: Client, integrity: Integrity) -> None:
    program = b"""
import threading, time
def prints():
    for _ in range(50_000): print("tick", flush=True)
threading.Thread(target=prints, daemon=True).start()
def rest(): time.sleep(1)
def double(x): return 2 * x
"""
    tests = b"""
import threading
told = []
def test_that_leaves_a_call(): threading.Thread(target=lambda: told.append(rest())).start()
def test_1(): pass
def test_2(): pass
def test_3(): pass
def test_that_calls():
    assert double(2) == 4
    assert told == [None]
"""
    verdict = run(client, job(program, tests, integrity, each=True))
    assert verdict.passed, verdict


@ONE
@APART
def test_answers_between_two_tests_are_a_violation_and_keep_nobody_waiting(
    client: Client, integrity: Integrity
) -> None:
    program = b"""
import os, threading, time
def answers():
    time.sleep(0.3)
    while True: os.write(4, b"z" * 65_536)
threading.Thread(target=answers, daemon=True).start()
def double(x): return 2 * x
"""
    tests = b"""
import time
def test_1():
    assert double(2) == 4
    time.sleep(1)
def test_2(): time.sleep(0.1)
def test_3(): assert double(2) == 4
"""
    verdict = run(client, job(program, tests, integrity, each=True))
    assert verdict.cause.value == "PROTOCOL_VIOLATION", verdict


# Deterministic: what an interrupted call leaves behind for the next one.
LEFT_BEHIND = {
    "a_new_object": (
        b"""
import time
class Box:
    def __init__(self, value): self.value = value
def make(value, nap):
    time.sleep(nap)
    return Box(value)
""",
        b"""
def test_f():
    give_up(lambda: make(1, 0.6))
    assert make(2, 0).value == 2
""",
    ),
    "an_exception_of_its_own": (
        b"""
import time
class Busy(Exception): pass
class Full(Exception): pass
def wait():
    time.sleep(0.6)
    raise Busy
def fill(): raise Full
""",
        b"""
def test_f():
    give_up(lambda: wait())
    try:
        fill()
    except Exception as error:
        assert type(error).__name__ == "Full"
""",
    ),
    "questions_back": (
        b"""
import time
def each(nap, ask, items):
    time.sleep(nap)
    return [ask(item) for item in items]
""",
        b"""
seen = []
def test_f():
    give_up(lambda: each(0.6, seen.append, [[1], [2], [3]]))
    assert each(0, lambda x: x * 10, [4, 5, 6]) == [40, 50, 60]
    assert each(0, lambda x: -x, [7]) == [-7]
    assert seen == [[1], [2], [3]][:len(seen)]
""",
    ),
}
GIVE_UP = b"""
import signal
class LateError(Exception): pass
def late(*_): raise LateError
signal.signal(signal.SIGALRM, late)
def give_up(call):
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        call()
    except LateError:
        return
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    raise ValueError("it was in time")
"""


@ONE
@APART
@pytest.mark.parametrize("name", LEFT_BEHIND)
def test_what_a_call_that_was_given_up_says_is_not_taken_for_anothers(
    client: Client, integrity: Integrity, name: str
) -> None:
    program, tests = LEFT_BEHIND[name]
    verdict = run(client, job(program, GIVE_UP + tests, integrity))
    assert verdict.passed, verdict


@ONE
@APART
def test_threads_share_objects(client: Client, integrity: Integrity) -> None:
    program = b"""
class Box:
    value = 7
BOX = Box()
def get(): return BOX
"""
    tests = b"""
from concurrent.futures import ThreadPoolExecutor
def test_f():
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: get().value, range(400))) == [7] * 400
"""
    verdict = run(client, job(program, tests, integrity))
    assert verdict.passed, verdict


@ONE
@APART
def test_an_assertion_of_a_thread_is_not_forgotten_between_two_tests(client: Client, integrity: Integrity) -> None:
    """The program catches it; and of the tests one is over when it fails, and the other has not begun."""
    program = b"""
import time
def process(check):
    for _ in range(200):
        try:
            check(-1)
        except AssertionError:
            pass
        time.sleep(0.002)
"""
    tests = b"""
import threading
def check(x): assert x > 0, x
worker = threading.Thread(target=lambda: process(check))
def test_starts(): worker.start()
def test_ends(): worker.join()
"""
    verdict = run(client, job(program, tests, integrity, each=True))
    assert verdict.cause.value == "WRONG_ANSWER", verdict


@ONE
@APART
def test_an_assertion_of_a_process_is_not_forgotten(client: Client, integrity: Integrity) -> None:
    program = b"""
def process(check):
    try: check(-1)
    except AssertionError: pass
"""
    tests = b"""
import os
def check(x): assert x > 0, x
def test_forks():
    pid = os.fork()
    if pid == 0:
        process(check)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
def test_forks_in_vain():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
"""
    verdict = run(client, job(program, tests, integrity))

    assert verdict.cause.value == "WRONG_ANSWER", verdict
    assert [test.status.value for test in verdict.test_results] == ["FAILED", "PASSED"]


@ONE
@APART
def test_a_child_that_falls_out_of_its_check_keeps_nothing_to_itself(client: Client, integrity: Integrity) -> None:
    swallows = b"""
def swallow(callback):
    try: callback(1)
    except BaseException: pass
def leave(): raise SystemExit(0)
"""
    tests = b"""
import os
def want_four(x): assert x == 4
def test_f():
    swallow(len)
    pid = os.fork()
    if pid == 0:
        swallow(want_four)
        leave()
        os._exit(0)
    os.waitpid(pid, 0)
"""
    assert run(client, job(swallows, tests, integrity)).cause.value == "WRONG_ANSWER"
    tests = b"""
import os
def test_f():
    pid = os.fork()
    if pid == 0:
        assert f(2) == 4
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
"""
    found = [run(client, job(program, tests, integrity)) for program in (b"def f(x): return 4", b"def f(x): return 5")]

    assert [verdict.cause.value for verdict in found] == ["ALL_TESTS_PASSED", "WRONG_ANSWER"], found


@ONE
@APART
def test_handlers_come_at_any_moment_and_nobody_is_blamed(client: Client, integrity: Integrity) -> None:
    program = b"""
def add_one(x): return x + 1
def each(ask): return [ask(x) for x in range(5)]
class Box:
    def __init__(self, x): self.x = x
"""
    tests = b"""
import random, signal, time
class Late(Exception): pass
def late(*_): raise Late
def interrupted(call, longest_s):
    signal.signal(signal.SIGALRM, late)
    assert signal.getsignal(signal.SIGALRM) is late
    for turn in range(150):
        try:
            signal.setitimer(signal.ITIMER_REAL, random.uniform(2e-5, longest_s))
            assert call(turn)
            signal.setitimer(signal.ITIMER_REAL, 0)
        except Late:
            pass
    # One may be on its way still.
    signal.setitimer(signal.ITIMER_REAL, 0)
def test_answers(): interrupted(lambda x: add_one(x) == x + 1, 2e-3)
def test_callbacks(): interrupted(lambda x: each(lambda y: x * y) == [0, x, 2 * x, 3 * x, 4 * x], 6e-3)
def test_objects(): interrupted(lambda x: Box(x).x == x, 4e-3)
def test_handlers_that_call():
    answers = []
    def call(*_):
        answers.append(add_one(41))
        signal.setitimer(signal.ITIMER_REAL, 0.003)
    signal.signal(signal.SIGALRM, call)
    signal.setitimer(signal.ITIMER_REAL, 0.003)
    for turn in range(500): assert add_one(turn) == turn + 1
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    assert answers and set(answers) == {42}
"""
    verdict = run(client, job(program, tests, integrity))

    assert verdict.cause.value == "ALL_TESTS_PASSED", verdict


@ONE
@APART
def test_a_time_limit_within_a_callback_is_the_tests_own(client: Client, integrity: Integrity) -> None:
    program = b"""
def f(callback):
    for _ in range(50):
        try: callback(3_000_000)
        except BaseException: pass
    return 7
def g(callback):
    try: return callback()
    except KeyboardInterrupt: return 8
"""
    tests = b"""
import signal
def late(*_): raise TimeoutError("late")
def test_limit():
    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    assert f(lambda n: sum(range(n))) == 7
def leave(): raise SystemExit(3)
def test_leaves_from_within():
    signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        g(leave)
    except SystemExit as error:
        assert error.code == 3
    assert g(lambda: 5) == 5
"""
    verdict = run(client, job(program, tests, integrity))

    assert [test.status.value for test in verdict.test_results] == ["ERRORED", "PASSED"], verdict
    assert "TimeoutError" in verdict.test_results[0].message


@ONE
@APART
def test_a_time_limit_ends_a_call_wherever_it_is(client: Client, integrity: Integrity) -> None:
    program = b"""
class Node:
    def __init__(self, v): self.v = v
def visit(callback):
    total = 0
    for v in range(400): total += callback(Node(v))
    return total
def length(words): return len(words)
def one(): return 1
"""
    tests = b"""
import random, signal, time
def late(*_): raise TimeoutError("late")
def call_and_raise(*_):
    assert one() == 1
    raise TimeoutError("late")
def limited(call, limit_s, handler=late):
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        call()
    except TimeoutError:
        return
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
def test_callbacks_that_use_the_program():
    for _ in range(10):
        limited(lambda: visit(lambda node: node.v), random.uniform(0.005, 0.05))
        assert one() == 1
    assert visit(lambda node: node.v) == 79_800
def test_handlers_that_call_and_raise():
    for _ in range(20):
        limited(lambda: visit(lambda node: node.v), random.uniform(0.001, 0.02), call_and_raise)
        assert one() == 1
def test_large_questions():
    words = ["word"] * 200_000
    for _ in range(5):
        limited(lambda: length(words), random.uniform(0.01, 0.06))
        assert one() == 1
    assert length(words) == 200_000
def test_timers_that_do_nothing():
    ticks = []
    signal.signal(signal.SIGALRM, lambda *_: ticks.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.003, 0.003)
    assert visit(lambda node: node.v) == 79_800
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert ticks
"""
    verdict = run(client, job(program, tests, integrity))

    assert verdict.cause.value == "ALL_TESTS_PASSED", verdict


@ONE
def test_a_checkers_timer_ends_no_other_case(client: Client) -> None:
    checker = b"""
import signal
def late(*_): raise TimeoutError
def check(given, expected, output):
    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    return output == expected
"""
    cases = CaseTests((Case(b"", b"1\n"), Case(b"", b"1\n")), checker=checker)
    program = b"import time\ntime.sleep(0.5)\nprint(1)"
    verdict = run(client, Job(program=program, tests=cases, limits=RequestedLimits(cpu_time_ms=20_000)))

    # Held until the next check, which it ends.
    assert [test.status.value for test in verdict.test_results] == ["PASSED", "ERRORED"], verdict


@ONE
@APART
def test_children_make_objects_and_may_be_ended(client: Client, integrity: Integrity) -> None:
    program = b"""
import time
class Node:
    def __init__(self, v): self.v = v
def rest(): time.sleep(0.4)
"""
    tests = b"""
import multiprocessing, time
fork = multiprocessing.get_context("fork")
def make(): assert Node(1).v == 1
def test_child_makes_first():
    child = fork.Process(target=make)
    child.start()
    child.join()
    assert child.exitcode == 0
    assert [Node(v).v for v in range(5)] == list(range(5))
def test_child_is_ended():
    child = fork.Process(target=rest)
    child.start()
    child.join(0.2)
    child.terminate()
    child.join()
    assert Node(2).v == 2
"""
    verdict = run(client, job(program, tests, integrity))

    assert verdict.cause.value == "ALL_TESTS_PASSED", verdict


@ONE
@APART
def test_handlers_between_two_tests_wait_for_the_next(client: Client, integrity: Integrity) -> None:
    tests = b"""
import _thread, signal, threading, time
def late(*_): raise TimeoutError("late")
def test_that_leaves_a_timer():
    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 0.0002)
def test_that_gets_it():
    for _ in range(100):
        assert f() == 1
        time.sleep(0.001)
def test_that_is_interrupted_by_a_thread():
    threading.Timer(0.1, _thread.interrupt_main).start()
    try:
        while True: assert f() == 1
    except KeyboardInterrupt:
        pass
def test_that_leaves_the_last(): signal.setitimer(signal.ITIMER_REAL, 0.0002)
"""
    verdict = run(client, job(b"def f(): return 1", tests, integrity))
    statuses = [test.status.value for test in verdict.test_results]

    # A timer may be as quick as the test that sets it.
    assert sorted(statuses[:2]) == ["ERRORED", "PASSED"], verdict
    assert statuses[2] == "PASSED", verdict
    assert len(statuses) == 4


@ONE
def test_a_thread_that_calls_does_not_keep_the_time_limit_from_another(client: Client) -> None:
    program = b"import time\ndef rest(): time.sleep(3)\ndef f(): return 1"
    tests = b"""
import signal, threading, time
def late(*_): raise TimeoutError
def test_f():
    resting = threading.Thread(target=rest)
    resting.start()
    time.sleep(0.2)
    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    start = time.monotonic()
    try:
        f()
    except TimeoutError:
        assert time.monotonic() - start < 2.5
    else:
        assert False, "no limit"
    resting.join()
    assert f() == 1
"""
    verdict = run(client, job(program, tests, Integrity.SEPARATE_PROCESS))

    assert verdict.cause.value == "ALL_TESTS_PASSED", verdict


@ONE
@APART
def test_processes_of_the_tests_may_be_all_that_uses_the_program(client: Client, integrity: Integrity) -> None:
    tests = b"""
import multiprocessing
def test_f():
    asked = multiprocessing.get_context("fork").Process(target=f)
    asked.start()
    asked.join()
    assert asked.exitcode == 0
"""
    verdicts = [run(client, job(program, tests, integrity)) for program in (b"def f(): pass", b"def f(): 1 / 0")]

    assert [verdict.cause.value for verdict in verdicts] == ["ALL_TESTS_PASSED", "WRONG_ANSWER"], verdicts


@ONE
def test_a_child_of_a_test_that_goes_on_says_nothing(client: Client) -> None:
    tests = b"""
import os
def test_f():
    if (child := os.fork()) == 0:
        return
    assert f() == 1
    os.waitpid(child, 0)
def test_g():
    assert f() == 2
"""
    verdict = run(client, job(b"def f(): return 1", tests, Integrity.SEPARATE_PROCESS))
    assert [result.status.value for result in verdict.test_results] == ["PASSED", "FAILED"], verdict
    assert verdict.cause.value == "WRONG_ANSWER"
