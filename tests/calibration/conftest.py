"""How often each calibration is repeated, and how its runs are made.

What is true of one run in a hundred is not true. `SANDBOX_NIGHTLY=1` in the environment makes a hundred runs of each
program; without it there are four, which find what is plainly wrong.
"""

import functools
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import Client, Job, NoTests, RequestedLimits, Verdict
from sandbox.job import Tests

RUNS = 4
NIGHTLY_RUNS = 100

NIGHTLY = os.environ.get("SANDBOX_NIGHTLY") == "1"
NIGHTLY_TIMEOUT_S = 3_600


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A hundred runs take longer than a test may elsewhere."""
    for item in items:
        if NIGHTLY and item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(NIGHTLY_TIMEOUT_S))


@pytest.fixture(scope="session")
def runs() -> int:
    """How many times each program is run."""
    return NIGHTLY_RUNS if NIGHTLY else RUNS


@pytest.fixture
def repeat(client: Client, runs: int) -> Callable[..., list[Verdict]]:
    """Run one program again and again, as many at once as the server's slots allow, and return the verdicts.

    Sleepers no more than that: boxes that start beside them starve them, and such time is not on their clock.
    """
    return functools.partial(run_again_and_again, client, runs)


def run_again_and_again(
    client: Client, runs: int, program: str, tests: Tests | None = None, **limits: int
) -> list[Verdict]:
    tests = tests or NoTests()
    asked = RequestedLimits(**limits)
    results = list(client.run_many(Job(program=program.encode(), tests=tests, limits=asked) for _ in range(runs)))
    verdicts = [result for result in results if isinstance(result, Verdict)]
    assert len(verdicts) == runs, [result for result in results if not isinstance(result, Verdict)]
    assert not any(verdict.unenforced for verdict in verdicts)
    return verdicts


@pytest.fixture
def all_pass() -> Callable[[list[Verdict]], None]:
    """Check that no limit was felt by any run."""

    def check(verdicts: list[Verdict]) -> None:
        tripped = [described(verdict) for verdict in verdicts if not verdict.passed]
        assert not tripped, f"{len(tripped)} of {len(verdicts)}: {tripped}"

    return check


@pytest.fixture
def all_trip() -> Callable[..., None]:
    """Check that every run was ended by the limit of this name and value, and that the evidence says so."""

    def check(verdicts: list[Verdict], cause: str, limit_name: str, limit: int) -> None:
        wanted = (cause, limit_name, limit)
        others = [
            described(verdict)
            for verdict in verdicts
            if (verdict.cause.value, verdict.evidence.limit_name, verdict.evidence.limit) != wanted
        ]
        assert not others, f"{len(others)} of {len(verdicts)}: {others}"

    return check


@pytest.fixture
def all_refused() -> Callable[[list[Verdict]], None]:
    """Check that every run met the error that its program looks for, and said so by exit code 3."""

    def check(verdicts: list[Verdict]) -> None:
        others = [
            described(verdict)
            for verdict in verdicts
            if (verdict.evidence.counter, verdict.evidence.value) != ("exit_code", 3)
        ]
        assert not others, f"{len(others)} of {len(verdicts)}: {others}"

    return check


def described(verdict: Verdict) -> str:
    """Everything that tells by how much a calibration is off."""
    usage = verdict.usage
    return (
        f"{verdict.cause.value} {verdict.message!r} {verdict.evidence.counter}={verdict.evidence.value} "
        f"{verdict.evidence.limit_name}={verdict.evidence.limit} attempts={verdict.attempts} "
        f"cpu={usage.cpu_time_ms}ms wall={usage.wall_time_ms}ms starved={usage.starved_time_ms}ms "
        f"memory={usage.memory_peak_bytes} stderr={verdict.stderr.data[-300:]!r}"
    )
