"""How tests may be written: plain asserts, functions, classes, unittest's and pytest's; each check counted."""

import pytest

from sandbox.guest import frames
from sandbox.guest.judging import TestsError
from tests.unit.roles import Told, judge

PROGRAM = """
def f(x):
    return x + 1

def half(x):
    return x / 2

def show(x):
    print(x)

def bad():
    raise ValueError("so bad")

class Own(Exception):
    pass

def own():
    raise Own
"""
P, F, E, S = frames.PASSED, frames.FAILED, frames.ERRORED, frames.SKIPPED


def statuses(told: Told) -> list[int]:
    return [status for status, _, _ in told.results]


def planned(told: Told) -> int:
    (plan,) = (payload for kind, payload in told.frames if kind == frames.PLAN)
    return int(frames.PLAN_BODY.unpack(plan)[0])


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ("assert f(1) == 2", [P]),
        ("assert f(1) == 2\nassert f(2) == 3\nassert f(3) == 4", [P, P, P]),
        ("x = 1\nassert f(x) == 2\nx = 2\nassert f(x) == 3\nf(x)", [P, P]),
        ("def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(2) == 3\ncheck(f)", [P]),
        ("def test_a():\n    assert f(1) == 2\ndef test_b():\n    assert f(1) == 3\ndef test_c(x): pass", [P, F]),
        ("def test_a():\n    bad()\ndef test_b():\n    assert f(1) == 2", [E, P]),
    ],
)
def test_plain_tests(tests: str, expected: list[int]) -> None:
    told = judge(PROGRAM, tests)
    assert statuses(told) == expected
    assert planned(told) == len(expected)


def test_a_list_of_asserts_ends_at_the_first_that_fails() -> None:
    told = judge(PROGRAM, "assert f(1) == 2\nassert f(1) == 3\nassert f(1) == 2")
    assert (statuses(told), planned(told)) == ([P, F], 3)
    told = judge(PROGRAM, "assert f(1) == 2\nf(nothing)\nassert f(1) == 2")
    assert (statuses(told), planned(told)) == ([P, E], 2)


@pytest.mark.parametrize(
    "tests",
    ["1 / 0\nassert 1\nassert 2", "assert 0\nassert f(1) == 2", "assert True\nassert True", "def test_a(): pass"],
)
def test_tests_that_fail_by_themselves_are_at_fault(tests: str) -> None:
    with pytest.raises(TestsError):
        judge(PROGRAM, tests)


UNITTEST = """
import unittest

class TestF(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.one = f(0)
    def setUp(self):
        self.two = f(1)
    def test_a(self):
        self.assertEqual(self.two, 2)
        with self.assertRaises(ValueError), self.subTest("s"):
            bad()
        with self.assertRaises(Own):
            own()
    def test_b(self):
        self.assertEqual(f(self.one), 5)
    @unittest.skip("not now")
    def test_c(self):
        pass
    def test_d(self):
        self.skipTest("nor now")
    def test_e(self):
        bad()
    def helper(self):
        raise KeyError

class Async(unittest.IsolatedAsyncioTestCase):
    async def test_f(self):
        self.assertEqual(f(1), 2)
"""


def test_classes_of_unittest() -> None:
    told = judge(PROGRAM, UNITTEST)
    assert statuses(told) == [P, F, S, S, E, P]
    assert told.results[1][2].startswith("TestF.test_b: AssertionError: 2 != 5")


PYTEST = """
import pytest
from pytest import approx

@pytest.fixture
def number():
    return f(1)

@pytest.fixture()
def doubled(number):
    yield number * 2

@pytest.mark.parametrize("x, y", [(1, 2), pytest.param(2, 3, id="two"), (3, 5)])
def test_a(x, y):
    assert f(x) == y

@pytest.mark.parametrize("x", [1, 2])
@pytest.mark.parametrize("y", [0.5, 1.0])
def test_b(x, y, doubled):
    assert half(x) == approx(y) or x / 2 != y
    assert doubled == 4

def test_c(capsys, monkeypatch, tmp_path):
    show("hello")
    assert capsys.readouterr().out == "hello\\n"
    monkeypatch.setattr("program.show", lambda x: None)
    import program
    program.show("nothing")
    assert capsys.readouterr().out == "" and tmp_path.is_dir()

def test_d():
    with pytest.raises(ValueError, match="so") as info:
        bad()
    assert str(info.value) == "so bad"
    with pytest.raises(Own):
        own()
    pytest.raises(ValueError, bad)

def test_e():
    with pytest.raises(ValueError):
        f(1)

def test_f():
    with pytest.raises(KeyError):
        bad()

def test_g():
    with pytest.raises(ValueError, match="good"):
        bad()

@pytest.mark.skip
def test_h(): pass

@pytest.mark.skipif(True, reason="so")
def test_i(): pass

def test_j(nothing): pass

class TestAll:
    def setup_method(self):
        self.x = 1
    def test_k(self):
        assert f(self.x) == 2
    @pytest.mark.parametrize("y", [2, 3])
    def test_l(self, y, number):
        assert f(self.x) == y and number == 2
"""


def test_functions_and_classes_of_pytest() -> None:
    told = judge(PROGRAM, PYTEST)
    assert statuses(told) == [P, P, F, P, P, P, P, P, P, F, E, F, S, S, E, P, P, F]
    assert "DID NOT RAISE" in told.results[9][2]
    assert told.results[2][2].startswith("test_a[2]: ")


@pytest.mark.parametrize(
    ("actual", "expected", "near"),
    [
        (0.1 + 0.2, 0.3, True),
        (1.0001, 1.0, False),
        ([0.1 + 0.2, 1], [0.3, 1], True),
        ((1.0,), [1.0], True),
        ([1.0], [1.0, 2.0], False),
        ({"a": 0.30000000001}, {"a": 0.3}, True),
        ({"b": 0.3}, {"a": 0.3}, False),
        (float("nan"), float("nan"), False),
        (float("inf"), float("inf"), True),
        (1e300, float("inf"), False),
        ("a", 1.0, False),
        ("a", "a", True),
        (None, 1.0, False),
    ],
)
def test_what_is_near(actual: object, expected: object, near: bool) -> None:
    from sandbox.guest.like_pytest import approx

    assert (actual == approx(expected)) is near
    assert (actual != approx(expected)) is not near
    assert (pytest.approx(expected) == actual) is near, "pytest's own says otherwise"
