"""Data cases: when a result is the expected one."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from sandbox.errors import JobRefusedError
from sandbox.guest.calling import is_near
from sandbox.job import CallCase, CallTests, Job

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("result", "expected", "tolerance"),
    [
        (1, 1, 0.0),
        (True, 1, 0.0),
        (1.0, 1, 0.0),
        (1, 1.0, 0.0),
        (0.1 + 0.2, 0.3, 1e-9),
        (109.0, 100.0, 0.1),
        (NAN, NAN, 0.0),
        (INF, INF, 0.0),
        ([1, (0.30000000001, {"a": {2}})], [1, (0.3, {"a": {2}})], 1e-6),
        ({"b": 1.0, "a": [2.0]}, {"a": [2.0000000001], "b": 1.0}, 1e-6),
        ("a", "a", 0.0),
        (None, None, 0.0),
        (Counter("aab"), {"a": 2, "b": 1}, 0.0),
        (defaultdict(list, a=[1.0]), {"a": [1.0]}, 0.0),
        (frozenset({1}), {1}, 0.0),
        (np.int64(3), 3, 0.0),
        (np.float64(0.1) + np.float64(0.2), 0.3, 1e-9),
        ([np.bool_(True)], [True], 0.0),
    ],
)
def test_what_is_right(result: object, expected: object, tolerance: float) -> None:
    assert is_near(result, expected, tolerance)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (2, 1),
        ((1, 2), [1, 2]),
        ([1], [1, 1]),
        ({"a": 1}, {"b": 1}),
        ({"a": 1, "b": 2}, {"a": 1}),
        (0.31, 0.3),
        (NAN, 1.0),
        (1.0, NAN),
        (INF, 1.0),
        (1.0, INF),
        (10**400, 1.0),
        ("1", 1),
        (object(), 1),
        (object(), 1.0),
        (None, 0),
        ([[]], [()]),
        (Counter("aab"), {"a": 2}),
        (Counter("aab"), [("a", 2), ("b", 1)]),
        (frozenset({1}), [1]),
        (np.int64(3), 4),
        (np.array([3]), 3),
    ],
)
def test_what_is_wrong(result: object, expected: object) -> None:
    assert not is_near(result, expected, 1e-6)


def test_what_holds_itself_is_not_compared_for_ever() -> None:
    one: list[object] = []
    one.append(one)
    other: list[object] = []
    other.append(other)
    assert not is_near(one, other, 0.0)


def test_a_case_is_made_of_values() -> None:
    assert CallCase.of([1, 2], "x", expected={"a": (1,)}) == CallCase(b"([1, 2], 'x')", b"{'a': (1,)}")
    assert CallCase.of(1, expected=None) == CallCase(b"(1,)", b"None")


@pytest.mark.parametrize(
    ("tests", "field"),
    [
        (CallTests("f", ()), "job.call_tests.cases"),
        (CallTests("f()", (CallCase(b"()", b"1"),)), "job.call_tests.function"),
        (CallTests("f", (CallCase(b"()", b"1"),), NAN), "job.call_tests.tolerance"),
        (CallTests("f", (CallCase(b"()", b"1"),), -1.0), "job.call_tests.tolerance"),
    ],
)
def test_tests_that_cannot_be_right_are_refused(tests: CallTests, field: str) -> None:
    with pytest.raises(JobRefusedError) as refused:
        Job(program=b"x", tests=tests)
    assert refused.value.field == field
