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
        ("def test_a():\n    assert f(1) == 2\ndef test_b():\n    assert f(1) == 3\ndef helper(x): pass", [P, F]),
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
    assert statuses(told) == [P, P, F, P, P, P, P, P, P, F, E, F, S, S, P, P, F]
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


WRONG = "def add(a, b):\n    return 0\n"
BOTH = "from solution import add\n"


@pytest.mark.parametrize(
    "tests",
    [
        "async def test_a():\n    assert add(1, 2) == 3",
        "import pytest\n@pytest.mark.asyncio\nasync def test_a():\n    assert add(1, 2) == 3",
        "def testAdd():\n    assert add(1, 2) == 3",
        "def test_a(x=3):\n    assert add(1, 2) == x",
        "def test_a(capsys):\n    assert add(1, 2) == 3",
        "from unittest.mock import patch\n@patch('random.random')\ndef test_a(fake):\n    assert add(1, 2) == 3",
        "assert add(0, 0) == 0\nassert add(0, 0) == 0\ndef test_a():\n    assert add(1, 2) == 3",
        "import unittest\nassert add(0, 0) == 0\nassert add(0, 0) == 0\n"
        "class Checks(unittest.TestCase):\n    def test_a(self): self.assertEqual(add(1, 2), 3)",
        "class Base:\n    def test_a(self): assert add(1, 2) == 3\nclass TestChild(Base): pass",
        "class TestA:\n    @staticmethod\n    def test_a(): assert add(1, 2) == 3",
        "class TestA:\n    @classmethod\n    def test_a(cls): assert add(1, 2) == 3",
        "class TestA:\n    class TestB:\n        def test_a(self): assert add(1, 2) == 3",
        "class TestA:\n    async def test_a(self): assert add(1, 2) == 3",
        "import unittest\nclass A(unittest.TestCase):\n    def runTest(self): self.assertEqual(add(1, 2), 3)",
        "import unittest\nclass A(unittest.IsolatedAsyncioTestCase):\n"
        "    async def test_a(self): self.assertEqual(add(1, 2), 3)",
    ],
)
def test_no_check_is_left_out(tests: str) -> None:
    told = judge(WRONG, BOTH + tests)
    assert F in statuses(told)
    assert judge("def add(a, b):\n    return a + b\n", BOTH + tests).passed


@pytest.mark.parametrize(
    "tests",
    [
        "def test_a():\n    assert add(1, 2) == 3\n    yield",
        "import unittest\nclass A(unittest.TestCase):\n    async def test_a(self): self.assertEqual(add(1, 2), 3)",
        "def test_a(nothing):\n    assert add(1, 2) == 3",
        "class TestA:\n    def __init__(self, x): pass\n    def test_a(self): assert add(1, 2) == 3",
        "def check(candidate):\n    assert candidate(1, 2) == 3",
        "if __name__ == '__main__':\n    assert add(1, 2) == 3",
        "assert callable(add)",
    ],
)
def test_what_would_check_nothing_is_the_tests_fault(tests: str) -> None:
    with pytest.raises(TestsError):
        judge(WRONG, BOTH + tests)


def test_a_helper_that_looks_like_a_check_is_none() -> None:
    tests = "def test_case(a, b, expected):\n    assert add(a, b) == expected\ntest_case(1, 2, 3)\ntest_case(2, 2, 4)"
    assert statuses(judge("def add(a, b):\n    return a + b\n", BOTH + tests)) == [P]
    assert statuses(judge(WRONG, BOTH + tests)) == [F]


def test_a_check_with_nothing_to_choose_from_is_skipped() -> None:
    tests = "import pytest\n@pytest.mark.parametrize('x', [])\ndef test_a(x): pass\n"
    assert statuses(judge(WRONG, f"{BOTH}{tests}def test_b():\n    assert add(1, 2) == 0")) == [S, P]


@pytest.mark.parametrize(
    ("program", "tests"),
    [
        ("def abs(x): return 0", "assert abs(add(1.0, 2.0) - 3.0) < 1e-6"),
        ("class math: isclose = staticmethod(lambda *a: True)", "assert math.isclose(add(1, 2), 3)"),
    ],
)
def test_all_names_of_the_program_are_none_of_pythons_or_the_tests(program: str, tests: str) -> None:
    told = judge(WRONG + program, f"import math\nfrom solution import *\n{tests}")
    assert statuses(told) == [F]


def test_python_runs_no_text_of_the_program_for_the_tests() -> None:
    text = "type('A', (type,), {'__eq__': lambda s, o: True, '__hash__': lambda s: 1})('B', (), {})"
    program = f"{WRONG}add.__annotations__ = {{'a': {text!r}}}\n__test__ = {{'x': '>>> 1/0'}}\n"
    assert not judge(program, BOTH + "import typing\nassert typing.get_type_hints(add) == {'a': int}").passed
    wraps = "import functools\n@functools.wraps(add)\ndef same(*args): return add(*args)\nassert same(1, 2) == 0"
    assert judge(program, BOTH + wraps).passed
    assert statuses(
        judge(program, "import solution\nassert not hasattr(solution, '__test__')\nsolution.add(1, 2)")
    ) == [P]
    typed = "def add(a: int, b: int) -> int:\n    return a + b"
    assert judge(typed, BOTH + "assert add.__annotations__ == {'a': int, 'b': int, 'return': int}").passed


def test_an_object_is_one_number_until_something_else_is_asked() -> None:
    program = """
class Number:
    def __init__(self): self.asked = 0
    def __float__(self):
        self.asked += 1
        return float(self.asked)
def f(): return Number()
"""
    tests = "x = f()\nassert [float(x), float(x)] == [1.0, 1.0]\nx.asked\nassert float(x) == 2.0"
    assert judge(program, tests).passed


@pytest.mark.parametrize(
    "tests",
    [
        # The name of the first is in that of the second.
        "def test_add(nothing):\n    assert add(1, 2) == 3\ndef test_add_zero():\n    assert add(0, 0) == 0",
        "class TestA:\n    def test_a(self, nothing): 0\nclass TestB:\n    def test_a(self, nothing): 0\nadd(0, 0)",
    ],
)
def test_a_check_is_no_helper_because_its_name_is_there_twice(tests: str) -> None:
    with pytest.raises(TestsError, match="nothing"):
        judge(WRONG, BOTH + tests)


def test_a_bare_mark_that_means_nothing_here_leaves_the_check() -> None:
    tests = "import pytest\n@pytest.mark.xfail\ndef test_a():\n    assert add(1, 2) == 3"
    assert statuses(judge(WRONG, BOTH + tests)) == [F]


@pytest.mark.parametrize("maker", ["make(3)", "lambda: same(3)"])
def test_checks_that_are_no_functions_of_their_own_stand_beside_asserts(maker: str) -> None:
    tests = (
        "def same(x): assert add(1, 2) == x\ndef make(x):\n    def run(): same(x)\n    return run\n"
        f"assert add(0, 0) == 0\nassert add(0, 0) == 0\ntest_one = {maker}"
    )
    assert statuses(judge(WRONG, BOTH + tests)) == [F]


@pytest.mark.parametrize(
    "tests",
    [
        "def test_cases():\n    yield 1, 2\nfor a, b in test_cases():\n    assert add(a, b) == 0",
        "class TestRun:\n    def __init__(self): pass\n    def test(self, x): assert x == 0\nTestRun().test(add(1, 2))",
        "class TestBase:\n    __test__ = False\n    def test_a(self, nothing): pass\nassert add(1, 2) == 0",
    ],
)
def test_helpers_are_left_alone(tests: str) -> None:
    assert judge(WRONG, BOTH + tests).passed


@pytest.mark.parametrize("cases", ["    yield 1, 2\n    raise ValueError('x')", "    return 5", "    return [1, 2]"])
def test_what_fails_while_checks_are_collected_is_whose_it_is(cases: str) -> None:
    tests = "import pytest\n@pytest.mark.parametrize('a,b', {})\ndef test_a(a, b): pass"
    told = judge(f"def cases():\n{cases}", tests.format("cases()"))
    assert statuses(told) == [E]
    with pytest.raises(TestsError):
        judge("", tests.format("[5]"))


def test_a_mock_can_be_called_by_the_program() -> None:
    tests = "from unittest.mock import MagicMock\ncb = MagicMock()\nrun(cb)\ncb.assert_called_once_with(5)"
    assert judge("def run(cb): return cb(5)", tests).passed
    fake = "def run(cb):\n    class Fake:\n        def assert_called_once_with(self, *a): pass\n    cb.save = Fake()"
    told = judge(fake, "from unittest.mock import Mock\nm = Mock()\nrun(m)\nm.save.assert_called_once_with(5)")
    assert not told.passed


FIXTURES = """
import pytest
from pytest import MonkeyPatch

done = []
pytestmark = [pytest.mark.slow]

def setup_module(module):
    module.base = f(0)

def teardown_module():
    assert done == ["setup", "begin", "a", *["end", "begin"] * 5, "end", "teardown"], done

@pytest.fixture(autouse=True)
def always():
    assert base == 1
    yield

@pytest.fixture(name="three", scope="module", params=[2, pytest.param(3, marks=pytest.mark.skip("no"))])
def made(request):
    request.addfinalizer(lambda: None)
    return f(request.param)

@pytest.fixture
def given(request):
    return request.param, request.getfixturevalue("number")

@pytest.fixture
def number():
    return f(6)

def test_params(three):
    assert three == 3

@pytest.mark.parametrize("given, more", [(1, 2)], indirect=["given"])
def test_indirect(given, more):
    assert given == (1, 7) and more == 2

@pytest.mark.parametrize(
    argnames="x", argvalues=(x for x in [1, pytest.param(2, marks=[pytest.mark.skipif(True, reason="no")]), 3])
)
class TestGroup:
    @classmethod
    def setup_class(cls):
        done.append("setup")
        cls.two = f(1)

    def teardown_class(cls):
        done.append("teardown")

    def setup_method(self):
        done.append("begin")

    def teardown_method(self, method):
        done.append("end")

    @pytest.fixture
    def own(self, number):
        return self.two + number

    def test_own(self, own, x):
        if x == 1:
            done.append("a")
        assert own == 9

    @pytest.mark.parametrize("y", [1, 2])
    def test_both(self, x, y):
        assert (x, y) in [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)]

@pytest.mark.usefixtures("number")
@pytest.mark.skipif(condition=False, reason="")
class TestMore:
    pytestmark = pytest.mark.skip

    def test_it(self): raise KeyError
"""


def test_fixtures_hooks_and_marks_of_pytest() -> None:
    told = judge(PROGRAM, FIXTURES)
    assert statuses(told) == [P, S, P, P, S, P, *[P, S, P] * 2, S], told.results
    assert [text.partition(":")[0] for _, _, text in told.results if text] == [
        "test_params[1]",
        "TestGroup.test_own[1]",
        "TestGroup.test_both[1]",
        "TestGroup.test_both[4]",
        "TestMore.test_it",
    ]


def test_what_is_set_up_for_all_checks_fails_all_of_them() -> None:
    tests = "def setup_module():\n    assert f(1) == 3\ndef test_a(): f(1)\ndef test_b(): f(2)"
    assert statuses(judge(PROGRAM, tests)) == [F, F]
    tests = "import pytest\n@pytest.fixture(autouse=True)\ndef always():\n    assert f(1) == 3\ndef test_a(): f(1)"
    assert statuses(judge(PROGRAM, tests)) == [F]
    tests = "def teardown_module():\n    assert f(1) == 3\ndef test_a(): f(1)\ndef test_b(): f(2)"
    assert statuses(judge(PROGRAM, tests)) == [P, F]


def test_a_fixture_that_nobody_can_make_is_an_error_of_the_tests() -> None:
    tests = "import pytest\n@pytest.fixture\ndef a(b): pass\ndef test_a(a): f(1)"
    with pytest.raises(TestsError, match="wants 'b'"):
        judge(PROGRAM, tests)


def test_the_program_is_no_fixture_and_no_hook() -> None:
    program = """
def setup_module(): raise SystemExit
def number(): return 1
number._sandbox_fixture = {"autouse": True}
setup_function = setup_module
def f(x): return x + 1
"""
    tests = "import pytest\nfrom program import *\ndef test_a(number): assert f(1) == 2"
    with pytest.raises(TestsError, match="wants 'number'"):
        judge(program, tests)
    tests = "import pytest\nfrom program import f, number, setup_module, setup_function\ndef test_a(): assert f(1) == 2"
    assert statuses(judge(program, tests)) == [P]


def test_marks_of_pytest_and_module_hooks_hold_for_classes_of_unittest() -> None:
    tests = """
import unittest, pytest
def setUpModule():
    global two
    two = f(1)
class TestA(unittest.TestCase):
    @pytest.mark.skip(reason="no")
    def test_a(self): raise KeyError
    def test_b(self): self.assertEqual(two, 2)
@pytest.mark.skipif(True, reason="no")
class TestB(unittest.TestCase):
    def test_a(self): raise KeyError
"""
    assert statuses(judge(PROGRAM, tests)) == [S, P, S]


ADD = """
def add(a, b): return a + b
def numbers(): yield 5
def through(function): return lambda *args: function(*args)
def test_own(): raise KeyError
class Store:
    def __init__(self): self.held = []
    def put(self, one): self.held = [*self.held, one][:1]
"""
GOOD = "def test_b(): assert add(0, 0) == 0\n"


@pytest.mark.parametrize(
    "tests",
    [
        "@pytest.mark.parametrize('x', [1])\n@functools.lru_cache\ndef test_a(x): assert add(x, 2) == 4",
        "class C:\n    def go(self): assert add(1, 2) == 4\ntest_a = C().go",
        "def check(x): assert add(x, x) == 3\ntest_a = functools.partial(check, 1)",
        "def test_a(recwarn): assert add(1, 2) == 4\ndef main(): test_a(None)",
        "def test_a(nothing): assert add(1, 2) == 4\nif __name__ == '__main__': test_a(None)",
        "@pytest.fixture(autouse=True)\nasync def always():\n    yield\n    assert add(1, 2) == 4",
        "setup_module = functools.partial(add, 1, 2)",
        "class TestA:\n    @staticmethod\n    @pytest.fixture(autouse=True)\n"
        "    def a(): pass\n    def test_a(self): pass",
        "class TestA:\n    setup_method = functools.partial(add, 1)\n    def test_a(self): pass",
        "class TestA:\n    @pytest.fixture\n    def a(self): pass\n    class TestB:\n        def test_a(self): pass",
        "class TestA:\n    def teardown_class(cls): 1 / 0\n    class TestB:\n        def test_a(self): pass",
        "@pytest.mark.skipif('1 > 2', reason='no')\ndef test_a(): pass",
        "@pytest.mark.parametrize('x', [1])\nclass TestA(unittest.TestCase):\n    def test_a(self): pass",
        "def test_a():\n    with pytest.deprecated_call(): add(1, 2)",
    ],
)
def test_what_nobody_would_run_is_an_error_of_the_tests(tests: str) -> None:
    with pytest.raises(TestsError):
        judge(ADD, "import functools, unittest, pytest\nfrom program import *\n" + tests + "\n" + GOOD)


@pytest.mark.parametrize("decorator", ["through", "vanish", "into_data"])
@pytest.mark.parametrize(
    "tests",
    [
        "@{}\ndef test_a(): assert add(1, 2) == 4",
        "class TestA:\n    @{}\n    def test_a(self): assert add(1, 2) == 4",
        "class TestA(unittest.TestCase):\n    @{}\n    def test_a(self): assert add(1, 2) == 4",
    ],
)
def test_a_check_that_the_program_takes_away_is_no_pass(tests: str, decorator: str) -> None:
    source = f"{ADD}\ndef vanish(function): return None\ndef into_data(function): return 'x'"
    told = judge(source, "import unittest\nfrom program import *\n" + tests.format(decorator) + "\n" + GOOD)
    assert [kind for _, kind, _ in told.results] == [frames.UNSUPPORTED_VALUE]


def test_data_of_the_programs_that_is_named_like_a_check_is_data() -> None:
    source = "class Account:\n    def __init__(self, balance): self.balance = balance\n    def __call__(self): pass"
    tests = """
import unittest
from program import Account
class TestAccount(unittest.TestCase):
    test_account = Account(100)
    def test_balance(self): self.assertEqual(self.test_account.balance, 100)
class TestPlain:
    test_account = Account(100)
    test_class = Account
    def test_balance(self): assert self.test_account.balance == 100
"""
    assert [status for status, _, _ in judge(source, tests).results] == [frames.PASSED] * 2
    assert not judge(source.replace("= balance", "= 7"), tests).passed


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ("", [P]),
        ("@pytest.fixture\ndef five(): return numbers()\ndef test_a(five): assert five == 5", [F, P]),
        ("@pytest.fixture\ndef five(): return numbers()\ndef test_a(five): assert list(five) == [5]", [P, P]),
        (
            "@pytest.fixture(autouse=True)\ndef always():\n    yield\n    assert add(1, 2) == 4\n"
            "class A(unittest.TestCase):\n    def test_a(self): self.assertEqual(add(0, 0), 0)",
            [F, F],
        ),
        (
            "class A(unittest.TestCase):\n    @pytest.fixture(autouse=True)\n    def three(self): self.x = add(1, 2)\n"
            "    def test_a(self): self.assertEqual(self.x, 3)",
            [P, P],
        ),
        (
            "@pytest.fixture(scope='class')\ndef held(request): request.cls.x = 3\n@pytest.mark.usefixtures('held')\n"
            "class A(unittest.TestCase):\n    def test_a(self): self.assertEqual(add(1, 2), self.x)",
            [P, P],
        ),
        (
            "@pytest.fixture(scope='module')\ndef store(): return Store()\n@pytest.mark.parametrize('one', [1, 2])\n"
            "def test_a(store, one):\n    store.put(one)\n    assert store.held[-1] == one",
            [P, F, P],
        ),
        (
            "made = []\n@pytest.fixture(scope='class')\ndef held():\n    made.append(0)\n"
            "    yield\n    assert made == [0]\n"
            "class TestA:\n    def test_a(self, held): add(1, 2)\n    def test_b(self, held): assert made == [0]\n"
            "def test_c(): assert made == [0]",
            [P, P, P, P],
        ),
        (
            "@pytest.fixture(scope='session')\ndef held():\n    yield\n"
            "    assert add(1, 2) == 4\ndef test_a(held): pass",
            [P, F],
        ),
        ("@pytest.fixture(autouse=True)\ndef a():\n    yield\n    yield", [E]),
        (
            "class A(unittest.TestCase):\n    @classmethod\n    def setUpClass(cls): cls.addClassCleanup(cls.check)\n"
            "    @classmethod\n    def check(cls): assert add(1, 2) == 4\n    def test_a(self): pass",
            [F, P],
        ),
        ("def setUpModule(): unittest.addModuleCleanup(check)\ndef check(): assert add(1, 2) == 4", [F]),
        (
            "@pytest.fixture(params=zip([1, 2], [3, 4]))\ndef p(request): return request.param\n"
            "def test_a(p): add(*p)\ndef test_c(p): assert add(*p) in (4, 6)",
            [P, P, P, P, P],
        ),
        (
            "held = []\n@pytest.fixture\ndef clean(): held.clear()\n@pytest.fixture\n"
            "def user(): held.append(add(1, 2))\n"
            "@pytest.mark.usefixtures('clean')\ndef test_a(user): assert held == [3]\n"
            "@pytest.mark.usefixtures('clean')\ndef test_c(user): assert held == [3]",
            [P, P, P],
        ),
        (
            "held = {}\n@pytest.fixture(autouse=True)\ndef env():\n"
            "    held['k'] = add(1, 2)\n    yield\n    held.clear()\n"
            "class TestA:\n    def setup_method(self): self.k = held['k']\n    def teardown_method(self): held['k']\n"
            "    def test_a(self): assert self.k == 3",
            [P, P],
        ),
        (
            "@pytest.fixture\ndef n(): return 0\n@pytest.fixture\ndef total(n): return add(n, 1)\n"
            "@pytest.mark.parametrize('n', [1, 2])\ndef test_a(total): assert total in (2, 3)",
            [P, P, P],
        ),
        ("@pytest.mark.parametrize(('n',), [(1,), (2,)])\ndef test_a(n): assert add(n, 1) in (2, 3)", [P, P, P]),
        (
            "@pytest.fixture\ndef n(): return 1\nclass TestA:\n    @pytest.fixture\n"
            "    def n(self, n): return add(n, 1)\n"
            "    def test_a(self, n): assert n == 2",
            [P, P],
        ),
        ("@pytest.fixture\ndef v(n=3): return n\ndef test_a(v): assert add(v, 0) == 3", [P, P]),
        ("def test_a(capsys: pytest.CaptureFixture[str]): assert add(1, 2) == 3", [P, P]),
    ],
)
def test_fixtures_hooks_and_scopes_are_what_pytest_makes_of_them(tests: str, expected: list[int]) -> None:
    told = judge(ADD, "import unittest, pytest\nfrom program import *\n" + tests + "\n" + GOOD)
    assert statuses(told) == expected, told.results
