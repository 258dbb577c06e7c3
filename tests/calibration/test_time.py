"""A program that uses 90 % of its time is never stopped; one that uses 110 % always is.

A box's own CPU clock is no judge of its CPU time: gVisor counts in ticks, counts time in which the host gave the CPU to
somebody else, and leaves out what its kernel uses beside the program. So there are two yardsticks by the wall clock,
and each errs on one side only.

* `at_most(s)` spins for s seconds on the wall: with one core, it gets that much CPU time or less, but for what gVisor's
  kernel does beside it; of a period of its quota a box may use two cores for a moment.
* `at_least(s)` does a small piece of work again and again, and counts each piece as the quickest one took: it gets that
  much CPU time or more.
"""

from collections.abc import Callable

import pytest

from sandbox import Case, CaseTests, SourceTests, Verdict

Repeat = Callable[..., list[Verdict]]

# A tenth of it is more than a period of the quota.
LIMIT_MS = 1_500
QUOTA_PERIOD_MS = 100
# Sleepers cost nobody anything, and a box's first lines take some tens of milliseconds: a longer limit measures better.
WALL_LIMIT_MS = 2_000

YARDSTICKS = """
import os, time

def at_most(seconds):
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        pass

def at_least(seconds):
    pieces, quickest = 0, 3600.0
    while pieces * quickest < seconds:
        begun = time.perf_counter()
        for _ in range(20_000):
            pass
        quickest = min(quickest, time.perf_counter() - begun)
        pieces += 1

def in_child(spin, seconds):
    child = os.fork()
    if child == 0:
        spin(seconds)
        os._exit(0)
    return child

def at_most_in_children(seconds):
    # In turn: of two that run at once, a box can be ahead of its one core by a period of its quota.
    end = time.perf_counter() + seconds
    for left in (3, 2, 1):
        os.waitpid(in_child(at_most, (end - time.perf_counter()) / left), 0)

def at_least_in_children(seconds):
    for child in [in_child(at_least, seconds / 3) for _ in range(3)]:
        os.waitpid(child, 0)
"""

BELOW_S, ABOVE_S = 0.9 * LIMIT_MS / 1000, 1.1 * LIMIT_MS / 1000
BELOW, ABOVE = f"at_most({BELOW_S})", f"at_least({ABOVE_S})"


def test_the_yardsticks_err_on_their_own_side_only(repeat: Repeat) -> None:
    for verdict in repeat(YARDSTICKS + "at_most(0.5)", cpu_time_ms=10_000):
        assert verdict.passed
        # What gVisor's kernel and the agent use comes on top of what the program can see.
        assert verdict.usage.cpu_time_ms <= 500 + 50 + QUOTA_PERIOD_MS
    for verdict in repeat(YARDSTICKS + "at_least(0.5)", cpu_time_ms=10_000):
        assert verdict.passed
        assert verdict.usage.cpu_time_ms >= 500


@pytest.mark.parametrize("spin", [BELOW, f"at_most_in_children({BELOW_S})"], ids=["alone", "in_children"])
def test_cpu_time_below_its_limit_is_not_stopped(
    repeat: Repeat, all_pass: Callable[[list[Verdict]], None], spin: str
) -> None:
    all_pass(repeat(YARDSTICKS + spin, cpu_time_ms=LIMIT_MS))


@pytest.mark.parametrize("spin", [ABOVE, f"at_least_in_children({ABOVE_S})"], ids=["alone", "in_children"])
def test_cpu_time_above_its_limit_is_stopped(repeat: Repeat, all_trip: Callable[..., None], spin: str) -> None:
    verdicts = repeat(YARDSTICKS + spin, cpu_time_ms=LIMIT_MS)

    all_trip(verdicts, "CPU_TIME_LIMIT", "cpu_time_ms", LIMIT_MS)
    assert all(verdict.usage.cpu_time_ms >= LIMIT_MS for verdict in verdicts)


def test_wall_time_below_its_limit_is_not_stopped(repeat: Repeat, all_pass: Callable[[list[Verdict]], None]) -> None:
    all_pass(repeat(f"import time; time.sleep({0.9 * WALL_LIMIT_MS / 1000})", wall_time_ms=WALL_LIMIT_MS))


def test_wall_time_above_its_limit_is_stopped(repeat: Repeat, all_trip: Callable[..., None]) -> None:
    verdicts = repeat(f"import time; time.sleep({1.1 * WALL_LIMIT_MS / 1000})", wall_time_ms=WALL_LIMIT_MS)

    all_trip(verdicts, "WALL_TIME_LIMIT", "wall_time_ms", WALL_LIMIT_MS)


def three_tests(first: str, second: str, third: str) -> SourceTests:
    bodies = enumerate((first, second, third))
    return SourceTests(
        "".join(f"def test_{number}():\n    assert {body} is None\n" for number, body in bodies).encode()
    )


def test_each_test_below_its_cpu_time_is_not_stopped_however_many_there_are(
    repeat: Repeat, all_pass: Callable[[list[Verdict]], None]
) -> None:
    tests = three_tests(BELOW, BELOW, BELOW)

    all_pass(repeat(YARDSTICKS, tests, cpu_time_ms=10 * LIMIT_MS, test_cpu_time_ms=LIMIT_MS))


@pytest.mark.parametrize(
    "tests",
    [three_tests(ABOVE, "at_most(0)", "at_most(0)"), three_tests("at_most(0)", "at_most(0)", ABOVE)],
    ids=["the_first", "the_last"],
)
def test_one_test_above_its_cpu_time_is_stopped(
    repeat: Repeat, all_trip: Callable[..., None], tests: SourceTests
) -> None:
    verdicts = repeat(YARDSTICKS, tests, cpu_time_ms=10 * LIMIT_MS, test_cpu_time_ms=LIMIT_MS)

    all_trip(verdicts, "CPU_TIME_LIMIT", "test_cpu_time_ms", LIMIT_MS)


def test_a_case_above_its_cpu_time_is_stopped_and_those_below_are_not(
    repeat: Repeat, all_pass: Callable[[list[Verdict]], None], all_trip: Callable[..., None]
) -> None:
    program = YARDSTICKS + "exec(input())"
    below, above = Case(BELOW.encode(), b""), Case(ABOVE.encode(), b"")
    limits = {"cpu_time_ms": 10 * LIMIT_MS, "test_cpu_time_ms": LIMIT_MS}

    all_pass(repeat(program, CaseTests((below, below)), **limits))
    all_trip(
        repeat(program, CaseTests((Case(b"at_most(0)", b""), above)), **limits),
        "CPU_TIME_LIMIT",
        "test_cpu_time_ms",
        LIMIT_MS,
    )


def test_each_test_has_its_own_wall_time(
    repeat: Repeat, all_pass: Callable[[list[Verdict]], None], all_trip: Callable[..., None]
) -> None:
    program = "from time import sleep"
    below, above = f"sleep({BELOW_S})", f"sleep({ABOVE_S})"
    limits = {"wall_time_ms": 10 * LIMIT_MS, "test_wall_time_ms": LIMIT_MS}

    all_pass(repeat(program, three_tests(below, below, below), **limits))
    verdicts = repeat(program, three_tests("sleep(0)", above, below), **limits)
    all_trip(verdicts, "WALL_TIME_LIMIT", "test_wall_time_ms", LIMIT_MS)
