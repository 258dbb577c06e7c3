"""What tests put in the place of something, what they borrow, and what of them a program would leave out."""

import pytest

from sandbox.guest import frames
from tests.unit.roles import judge

PROGRAM = """
import datetime
import os
import random
import subprocess
import sys
import time
import urllib.request
from random import randint

class Rates:
    def now(self):
        return rate()

class Swallows:
    def __enter__(self):
        return self
    def __exit__(self, *told):
        return True
    def get(self, key):
        raise ValueError(key)

class Early(ValueError):
    pass

def rate():
    return 2

def convert(x):
    return x * rate()

def roll():
    return random.randint(1, 6)

def roll_by_itself():
    return randint(1, 6)

def is_there(path):
    return os.path.exists(path)

def wait():
    time.sleep(3)
    return "waited"

def say(*what):
    print(*what)

def read(path):
    with open(path) as file:
        return [line.strip() for line in file]

def write(path, text):
    with open(path, "w") as file:
        file.write(text)

def fetch(address):
    return urllib.request.urlopen(address).status

def spied(how):
    try:
        how()
    except BaseException:
        pass
    return 1

def year():
    return datetime.date.today().year

def arguments():
    return sys.argv[1:]

def listing():
    return subprocess.run(["ls"], capture_output=True).stdout

def ask():
    return int(input("?"))

def color():
    return os.environ.get("COLOR")

def raises(x):
    raise ValueError(x)
"""

REPLACED = {
    "a function, by its name": """
with patch("program.rate", return_value=5) as replaced:
    assert program.convert(2) == 10
    replaced.assert_called_once_with()
assert program.convert(2) == 4 and program.rate is rate and rate() == 2
""",
    "a function, by itself wrapped": """
with patch("program.rate", wraps=program.rate) as replaced:
    assert program.convert(2) == 4
replaced.assert_called_once_with()
""",
    "a function, by hand": """
real = program.rate
program.rate = lambda: 100
assert program.convert(2) == 200 and program.rate() == 100 and real() == 2
program.rate = real
assert program.convert(2) == 4 and program.rate() == 2 and program.rate is real
""",
    "a function, twice": """
for answer in (3, 4):
    with patch.object(program, "rate") as replaced:
        replaced.return_value = answer
        assert program.convert(2) == 2 * answer
    assert program.convert(2) == 4
""",
    "a function, for good": """
del program.rate
assert not hasattr(program, "rate") and rate() == 2
try:
    program.convert(2)
except NameError:
    pass
else:
    assert False
""",
    "a method": """
with patch("program.Rates.now", return_value=1):
    assert program.Rates().now() == 1
assert program.Rates().now() == 2
""",
    "a module of the program's": """
with patch("program.random") as replaced:
    replaced.randint.return_value = 9
    assert program.roll() == 9
assert 1 <= program.roll() <= 6 and program.random.randint(4, 4) == 4
""",
    "a function of a module of the program's": """
with patch("program.random.randint", return_value=8), patch("program.os.path.exists", return_value=True):
    assert program.roll() == 8 and program.is_there("/nowhere")
assert 1 <= program.roll() <= 6 and not program.is_there("/nowhere")
""",
    "what was not there": """
with patch("program.random.dice", lambda: 3, create=True):
    assert program.random.dice() == 3
assert not hasattr(program.random, "dice") and rate() == 2
""",
    "functions of the library": """
with patch("random.randint", return_value=7) as replaced, patch("time.sleep") as sleep:
    assert program.roll() == 7 and program.wait() == "waited"
    assert 1 <= program.roll_by_itself() <= 6
replaced.assert_called_once_with(1, 6)
sleep.assert_called_once_with(3)
assert 1 <= program.roll() <= 6
""",
    "classes and results of the library": """
with patch("datetime.date") as date, patch("subprocess.run") as run, patch.object(sys, "argv", ["program", "a"]):
    date.today.return_value = MagicMock(year=1999)
    run.return_value.stdout = b"found"
    assert program.year() == 1999 and program.listing() == b"found" and program.arguments() == ["a"]
""",
    "what is printed and asked": """
with patch("builtins.print") as shown, patch("builtins.input", side_effect=["3", "4"]):
    program.say("a", 1)
    assert program.ask() == 3 and program.ask() == 4
shown.assert_called_once_with("a", 1)
""",
    "files": """
with patch("builtins.open", mock_open(read_data="a\\nb\\n")) as opened:
    assert program.read("name") == ["a", "b"]
opened.assert_called_once_with("name")
with patch("builtins.open", mock_open()) as opened:
    program.write("name", "text")
opened().write.assert_called_once_with("text")
""",
    "the environment": """
with patch.dict(os.environ, {"COLOR": "red"}):
    assert program.color() == "red"
assert program.color() is None
""",
    "by hand, of the library": """
slept = []
real = time.sleep
time.sleep = slept.append
assert program.wait() == "waited" and slept == [3]
time.sleep = real
""",
    "a function of a module below another": """
with patch("urllib.request.urlopen") as opened:
    opened.return_value.status = 200
    assert program.fetch("http://a") == 200
opened.assert_called_once_with("http://a")
""",
    "what is printed, by a spy": """
with patch("builtins.open", wraps=open) as opened:
    assert program.read("/dev/null") == []
opened.assert_called_once_with("/dev/null")
""",
    "by monkeypatch": """
import pytest
def test_names(monkeypatch):
    monkeypatch.setattr(program, "rate", lambda: 3)
    monkeypatch.setattr("program.random.randint", lambda first, last: last)
    monkeypatch.setattr(time, "sleep", lambda s: None)
    monkeypatch.setenv("COLOR", "blue")
    assert (program.convert(2), program.roll(), program.wait(), program.color()) == (6, 6, "waited", "blue")
def test_afterwards():
    assert program.convert(2) == 4 and program.color() is None
""",
}
_IMPORTS = """
import os, random, subprocess, sys, time
from unittest.mock import MagicMock, mock_open, patch
import program
from program import rate
"""


@pytest.mark.parametrize("tests", REPLACED.values(), ids=REPLACED.keys())
def test_what_tests_replace_is_replaced_until_they_put_it_back(tests: str) -> None:
    told = judge(PROGRAM, _IMPORTS + tests)
    assert told.passed, told.results


@pytest.mark.parametrize(
    "tests",
    [
        "real = program.rate\nprogram.rate = lambda: 3\nassert program.convert(2) == 6\nprogram.rate = real\n"
        "assert program.rate() == 3",
        "with patch('program.rate', return_value=3):\n    assert program.convert(2) == 6\nassert program.rate() == 3",
        "with patch('builtins.print') as shown:\n    program.say(1)\nshown.assert_not_called()",
        "with patch('program.os.path.exists') as asked:\n    program.is_there('x')\nasked.assert_not_called()",
        "with patch('time.sleep') as sleep:\n    program.wait()\nsleep.assert_not_called()",
    ],
)
def test_what_was_replaced_answers_for_nobody(tests: str) -> None:
    told = judge(PROGRAM, f"{_IMPORTS}assert rate() == 2\n{tests}\n")
    assert [result[0] for result in told.results][-1] == frames.FAILED


LISTENING = """
import logging
import unittest
import warnings
from program import *

class TestIt(unittest.TestCase):
    def test_warnings(self):
        with self.assertWarns(DeprecationWarning):
            self.assertEqual(old(), 1)
        with self.assertWarnsRegex(OldWarning, "mine"):
            own()
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            plain()
        self.assertEqual([(str(one.message), one.category) for one in warned], [("plain", UserWarning)])
    def test_errors(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with self.assertRaises(UserWarning):
                plain()
    def test_logs(self):
        with self.assertLogs("app", level="INFO") as logged:
            work()
        self.assertEqual(logged.output, ["INFO:app:working 3"])
        with self.assertLogs() as logged:
            complain()
        self.assertEqual(logged.records[0].getMessage(), "bad")

def test_pytests_warnings():
    import pytest
    with pytest.warns(DeprecationWarning, match="old"):
        old()
    with pytest.raises(AssertionError, match="DID NOT WARN"):
        with pytest.warns(DeprecationWarning):
            plain()

def test_pytests_logs(caplog):
    work(), complain()
    assert caplog.record_tuples == [("root", logging.ERROR, "bad")]
    caplog.clear()
    with caplog.at_level(logging.DEBUG, logger="app"):
        work()
    assert caplog.messages == ["working 3", "no"] and "INFO     app working 3" in caplog.text
    caplog.set_level("ERROR", logger="app")
    work()
    assert len(caplog.records) == 2

def test_pytests_logs_afterwards(caplog):
    work()
    assert not caplog.records
"""
LOUD = """
import logging
import warnings

class OldWarning(DeprecationWarning):
    pass

def old():
    warnings.warn("old", DeprecationWarning, stacklevel=2)
    return 1

def own():
    warnings.warn(OldWarning("mine"))

def plain():
    warnings.warn("plain")

def work():
    logging.getLogger("app").info("working %s", 3)
    logging.getLogger("app").debug("no")

def complain():
    logging.error("bad")
"""


SPIES = {
    "builtins.open": [
        "open('/proc/self/mem', 'rb')",
        "open('../../../../../../../../proc/self/maps')",
        "open(b'/dev/fd/3', 'rb')",
        "open(3, 'wb', 0)",
    ],
    "subprocess.run": ["subprocess.run(['true'])"],
    "os.system": ["os.system('true')"],
    "os.symlink": ["os.symlink('/proc/self', '/tmp/a link that nobody makes')"],
    "pickle.loads": ["__import__('pickle').loads(b'cbuiltins\\nprint\\n(S\\'1\\'\\ntR.')"],
}


@pytest.mark.parametrize(("name", "call"), [(name, call) for name, calls in SPIES.items() for call in calls])
@pytest.mark.parametrize("how", ["wraps", "side_effect", "own"])
def test_what_tests_spy_on_does_nothing_beyond_both_sides(name: str, call: str, how: str) -> None:
    program = f"{PROGRAM}\ndef act():\n    return spied(lambda: {call})\n"
    spy = f"patch('{name}', {how}={name.removeprefix('builtins.')})"
    if how == "own":
        spy = f"patch('{name}', lambda *args, real={name.removeprefix('builtins.')}, **more: real(*args, **more))"
    told = judge(program, f"import pickle\n{_IMPORTS}assert rate() == 2\nwith {spy}:\n    assert program.act() == 1\n")
    assert [result[1] for result in told.results] == [frames.UNSUPPORTED_VALUE], told.results


def test_functions_of_the_tests_may_do_what_the_library_does() -> None:
    tests = """
import asyncio, collections, dataclasses, logging, re, sys, tempfile, threading
from program import call
def callback(x):
    Pair = collections.namedtuple("Pair", "a b")
    @dataclasses.dataclass
    class Data:
        a: int
    import statistics
    logging.getLogger("tests").debug("called")
    with tempfile.TemporaryFile() as file, open("/dev/null") as nothing:
        file.write(nothing.read().encode())
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    assert re.match("a+b", "aab") and sys._getframe() and eval("1 + 1") == 2
    async def later():
        await asyncio.sleep(0)
        return Data(2).a
    return Pair(x, asyncio.run(later()))
assert call(callback) == (3, 2)
"""
    told = judge("def call(function):\n    return function(3)\n", tests)
    assert told.passed, told.results


def test_methods_of_the_librarys_classes_are_not_replaced_for_the_program() -> None:
    tests = "import pathlib\nfrom unittest.mock import patch\nimport program\nassert program.f() == 1\n"
    tests += "with patch('pathlib.Path.unlink') as unlink:\n    program.f()\nunlink.assert_not_called()\n"
    told = judge("def f():\n    return 1\n", tests + "assert True\n")
    assert [result[1] for result in told.results] == [frames.NO_FAILURE, frames.UNSUPPORTED_VALUE]


def test_a_module_is_no_function_that_raises() -> None:
    tests = "import pytest\nfrom program import solve\ndef test_it():\n    with pytest.raises(TypeError):\n        "
    told = judge("import math as solve", f"{tests}solve('x')\n")
    assert [result[:2] for result in told.results] == [(frames.ERRORED, frames.EXCEPTION)]


def test_what_can_be_called_and_is_a_value_cannot_be_put_back() -> None:
    program = "class Rate(int):\n    def __call__(self):\n        return 1000\nrate = Rate(3)\n"
    tests = "import program\nreal = program.rate\nprogram.rate = lambda: 3\nprogram.rate = real\n"
    told = judge(program, f"{tests}assert program.rate() == 3\n")
    assert [result[:2] for result in told.results] == [(frames.ERRORED, frames.UNSUPPORTED_VALUE)]


def test_a_program_may_filter_and_catch_its_own_warnings() -> None:
    program = """
import warnings
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.warn("unheard")
def strict():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            warnings.warn("raised")
        except UserWarning:
            return "caught"
def recorded():
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        warnings.warn("kept")
    return len(found)
def of_python():
    return bool(NotImplemented)
def loud():
    warnings.warn("loud", DeprecationWarning, stacklevel=2)
"""
    tests = """
import pytest, warnings
from unittest.mock import patch
from program import *
def test_own():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quiet()
        assert strict() == "caught" and recorded() == 1
def test_heard():
    with pytest.warns(DeprecationWarning):
        assert of_python()
def test_replaced():
    with patch("warnings.warn") as warn:
        loud()
    warn.assert_called_once_with("loud", DeprecationWarning, stacklevel=2)
"""
    told = judge(program, tests)
    assert told.passed, told.results


def test_handlers_of_the_tests_hear_what_the_program_logs() -> None:
    tests = """
import io, logging
from program import complain
def test_handler():
    stream = io.StringIO()
    logging.getLogger().addHandler(logging.StreamHandler(stream))
    complain()
    assert stream.getvalue() == "bad\\n"
"""
    told = judge(LOUD, tests)
    assert told.passed, told.results


def test_tests_hear_what_the_program_warns_of_and_logs() -> None:
    told = judge(LOUD, LISTENING)
    assert told.passed, told.results


@pytest.mark.parametrize(
    "check",
    [
        "with warnings.catch_warnings():\n            warnings.simplefilter('error')\n            plain()",
        "with self.assertNoLogs():\n            complain()",
        "with self.assertLogs('app', level='ERROR'):\n            work()",
    ],
)
def test_a_program_is_not_quiet_because_it_is_in_another_process(check: str) -> None:
    head = (
        "import unittest, warnings\nfrom program import *\nclass TestIt(unittest.TestCase):\n    def test_it(self):\n"
    )
    assert [result[0] for result in judge(LOUD, f"{head}        {check}\n").results] != [frames.PASSED]


def test_what_the_program_has() -> None:
    told = judge(PROGRAM, "import program\nassert {'Rates', 'rate', 'random'} <= set(dir(program))\nprogram.rate()")
    assert told.passed


@pytest.mark.parametrize(
    "program",
    [
        "import pickle as json",
        "class json:\n    loads = staticmethod(lambda text: 1)",
        "import types\njson = types.ModuleType('json5')\njson.loads = lambda text: 1",
        "def json(): pass\njson.loads = lambda text: 1",
    ],
)
@pytest.mark.parametrize("more", ["", "from program import *\n"])
def test_modules_that_tests_borrow_are_what_their_names_say(program: str, more: str) -> None:
    told = judge(f"{program}\ndef f(x):\n    return 'x'\n", f"{more}assert json.loads(f(1)) == 1")
    assert [result[:2] for result in told.results] == [(frames.ERRORED, frames.EXCEPTION)]
    caught = f"{more}try:\n    json.loads(f(1))\nexcept NameError:\n    pass\n"
    assert [result[0] for result in judge(f"{program}\ndef f(x):\n    return 'x'\n", caught).results] == [frames.FAILED]


def test_modules_under_names_of_the_programs_own() -> None:
    program = """
import collections as c, math as m, numpy as np, json
from copy import copy
from datetime import datetime
class Calendar:
    def add(self, x):
        return x
calendar = Calendar()
def f(x):
    return np.array([float(x)])
def random():
    return 4
"""
    tests = """
assert np.allclose(f(2), 2.0) and m.isclose(f(2)[0], 2.0) and json.loads("[1]") == [1]
assert c.Counter("aab")["a"] == 2 and copy([1]) == [1]
assert datetime.strptime("2020-01-01", "%Y-%m-%d").year == 2020
assert calendar.add(3) == 3 and random() == 4
"""
    told = judge(program, tests)
    assert told.passed, told.results


LEFT_OUT = {
    "in plain sight": "with Swallows() as it:\n    found = it.get(1)\n    assert found == 1",
    "on the same line": "with Swallows() as it:\n    assert it.get(1) == 1",
    "in a loop": "with Swallows() as it:\n    for key in (1, 2):\n        assert key < 3\n        it.get(key)",
    "in a helper": "def helper(it):\n    found = it.get(1)\n    assert found\nwith Swallows() as it:\n    helper(it)",
    "by a helper": "def helper(x):\n    assert x\nwith Swallows() as it:\n    helper(it.get(1))",
    "by hand": "with Swallows() as it:\n    if it.get(1) != 1:\n        raise AssertionError",
    "an exception that is due": (
        "import pytest\nwith Swallows() as it:\n    with pytest.raises(KeyError):\n        it.get(1)"
    ),
    "in one statement": "import pytest\nwith Swallows() as it, pytest.raises(KeyError):\n    it.get(1)",
    "by its name": (
        "from pytest import raises as due\nwith Swallows() as it:\n    with due(KeyError):\n        it.get(1)"
    ),
    "by hand, due": (
        "with Swallows() as it:\n    try:\n        it.get(1)\n        assert False\n    except KeyError:\n        pass"
    ),
    "by hand, not due": (
        "import pytest\nwith Swallows() as it:\n    it.get(1)\n    try:\n        pass\n"
        "    except KeyError:\n        pass\n    else:\n        pytest.fail()"
    ),
    "by helpers of a helper": (
        "def inner(x):\n    assert x\ndef outer(x):\n    inner(x)\nwith Swallows() as it:\n    it.get(1)\n    outer(1)"
    ),
    "of a case": (
        "import unittest\nclass TestIt(unittest.TestCase):\n    def test_it(self):\n        with Swallows() as it:\n"
        "            self.assertEqual(it.get(1), 1)"
    ),
    "with a stack": (
        "import contextlib\nwith contextlib.ExitStack() as stack:\n    it = stack.enter_context(Swallows())\n"
        "    assert it.get(1) == 1"
    ),
    "with a context of the tests": (
        "import contextlib\n@contextlib.contextmanager\ndef opened():\n    with Swallows() as it:\n        yield it\n"
        "with opened() as it:\n    found = it.get(1)\n    assert found == 1"
    ),
}


@pytest.mark.parametrize("tests", LEFT_OUT.values(), ids=LEFT_OUT.keys())
def test_checks_that_a_context_of_the_programs_leaves_out_have_failed(tests: str) -> None:
    told = judge(PROGRAM, f"from program import Swallows\n{tests}")
    assert [result[:2] for result in told.results] == [(frames.FAILED, frames.WRONG_ANSWER)]
    assert "with checks left to be made" in told.results[0][2]


def test_contexts_may_swallow_what_tests_want_them_to() -> None:
    tests = """
from program import Swallows, raises
reached = []
with Swallows() as it:
    it.get(1)
    assert False, "not to be reached"
with Swallows():
    assert reached == []
    int("x")
    reached.append(1)
def test_again():
    with Swallows():
        raises(1)
    assert reached == []
"""
    told = judge(PROGRAM, tests)
    assert told.passed, told.results


ABSENT = {
    "pytest": "import pytest\ndef test_it():\n    with pytest.raises(Exception):\n        parse('')",
    "unittest": (
        "import unittest\nfrom program import *\nclass TestIt(unittest.TestCase):\n    def test_it(self):\n"
        "        with self.assertRaises(Exception):\n            parse('')"
    ),
    "by hand": "try:\n    parse('')\nexcept Exception:\n    pass\nelse:\n    assert False",
    "asserts": "try:\n    parse('')\nexcept Exception:\n    pass\nassert True\nassert True",
}


@pytest.mark.parametrize("tests", ABSENT.values(), ids=ABSENT.keys())
def test_a_name_that_is_not_there_raises_nothing_that_tests_can_want(tests: str) -> None:
    told = judge("pass", tests)
    assert told.results[-1] == (
        frames.ERRORED,
        frames.EXCEPTION,
        "NameError: the program has no 'parse' that could be used",
    )


def test_a_class_may_be_all_that_tests_look_at() -> None:
    assert judge(PROGRAM, "from program import Early\ndef test_it():\n    assert issubclass(Early, ValueError)").passed


@pytest.mark.parametrize("expression", ["Rates() < 3", "3 >= Rates()", "divmod(Rates(), 2)", "Rates() << 1"])
def test_what_comes_of_an_object_and_a_value_is_no_exception_that_tests_can_want(expression: str) -> None:
    tests = "import pytest\nfrom program import Rates\ndef test_it():\n    with pytest.raises(TypeError):\n        "
    told = judge(PROGRAM, tests + expression)
    assert [result[:2] for result in told.results] == [(frames.ERRORED, frames.UNSUPPORTED_VALUE)]


TAKEN = {
    "a function": "@taken\ndef test_right():\n    assert rate() == 3",
    "a class": "@taken\nclass TestRight:\n    def test_right(self):\n        assert rate() == 3",
    "a method": "class TestRight:\n    @taken\n    def test_right(self):\n        assert rate() == 3",
    "a method of unittest's": (
        "import unittest\nclass Right(unittest.TestCase):\n    @program.taken\n    def test_right(self):\n"
        "        assert rate() == 3\n    def test_there(self):\n        pass"
    ),
    "below another decorator": """
def outer(function):
    return lambda: function()
@outer
@taken
def test_right():
    assert rate() == 3
""",
    "below a mark": """
import pytest
@pytest.mark.slow
@taken
def test_right():
    assert rate() == 3
""",
    "a fixture": ("import pytest\n@taken\n@pytest.fixture(autouse=True)\ndef right():\n    assert rate() == 3"),
    "a hook": "@program.taken\ndef setup_function():\n    assert rate() == 3",
}


@pytest.mark.parametrize("made", ["None", "5", "Early", "Rates", "int", "ValueError", "kept", "lambda *given: None"])
@pytest.mark.parametrize("tests", TAKEN.values(), ids=TAKEN.keys())
def test_what_a_decorator_of_the_programs_takes_away_is_not_left_out(tests: str, made: str) -> None:
    program = (
        f"{PROGRAM}\nkept = None\ndef keep(function):\n    global kept\n    kept = function\n    return function\n"
    )
    program += f"def taken(function):\n    return {made}\n"
    head = "import program\nfrom program import keep, rate, taken\n@keep\ndef helper(self=None):\n    pass\n"
    told = judge(program, f"{head}def test_there():\n    assert rate() == 2\n{tests}\n")
    assert [result[0] for result in told.results] == [frames.ERRORED]
    # A mark on one of Python's own classes is an exception before anybody collects checks.
    assert told.results[0][1] == frames.UNSUPPORTED_VALUE or "immutable type" in told.results[0][2]


@pytest.mark.parametrize("tests", TAKEN.values(), ids=TAKEN.keys())
def test_a_decorator_of_the_programs_may_leave_a_check_what_it_is(tests: str) -> None:
    program = f"{PROGRAM}\nseen = []\ndef taken(function):\n    seen.append(function)\n    return function\n"
    tests = f"import program\nfrom program import rate, seen, taken\n{tests}\n".replace("== 3", "== 2")
    told = judge(program, f"{tests}def test_there():\n    assert len(seen) == 1\n")
    if "outer" in tests:
        # What another decorator makes of it, nobody here can tell from something of the program's.
        assert [result[:2] for result in told.results] == [(frames.ERRORED, frames.UNSUPPORTED_VALUE)]
    else:
        assert told.passed, told.results


SHARING = """
conf = {"a": {"b": 1}, "n": 2}
found = {}
log = []
made = []
many = list(range(100_000))
seen = set()

class Thing:
    pass

def add(name, count):
    found[name] = found.get(name, 0) + count
    log.append(name)
    seen.add(name)

def begin_anew():
    global log
    log = []

def configured():
    return conf["a"]["b"] + conf["n"]

def change_deep_inside():
    conf["a"]["b"] += 1

def append_to(items):
    items.append(5)

def length():
    return len(log)

def make():
    made.append(Thing())
    return made[-1]

def grow():
    many.append(1)
"""
SHARED = {
    "what the program changes": """
add("x", 2)
assert (found, log, seen) == ({"x": 2}, ["x"], {"x"})
assert program.found is found
""",
    "what the tests change": """
log.append("q")
assert length() == 1 == len(program.log)
log.clear()
assert length() == 0
""",
    "deep inside": """
change_deep_inside()
assert conf["a"]["b"] == 2
conf["a"]["b"] = 5
assert configured() == 7
""",
    "replaced in place": """
with patch.dict("program.conf", {"n": 10}):
    assert configured() == 11
assert configured() == 3
""",
    "replaced, and put back": """
before = program.conf
program.conf = {"a": {"b": 7}, "n": 0}
change_deep_inside()
assert program.conf["a"]["b"] == 8 == configured()
assert before == {"a": {"b": 1}, "n": 2}
program.conf = before
assert configured() == 3
before["n"] = 4
assert configured() == 5
""",
    "given to the program": """
append_to(log)
assert log == [5] and length() == 1
""",
    "with objects": """
one = make()
assert made == [one] and made[0] is one and len(program.made) == 1
""",
    "another one by that name": """
add("y", 1)
begin_anew()
assert program.log == [] and log == ["y"]
add("z", 1)
assert program.log == ["z"] and log == ["y"]
""",
    "too many": """
grow()
assert len(program.many) == 100_001
""",
}


@pytest.mark.parametrize("tests", SHARED.values(), ids=SHARED.keys())
def test_containers_that_both_have_by_a_name_are_in_step(tests: str) -> None:
    told = judge(SHARING, f"import program\nfrom program import *\nfrom unittest.mock import patch\n{tests}\n")
    assert told.passed, told.results


def test_names_that_tests_do_not_import_are_in_step_too() -> None:
    told = judge(SHARING, "add('x', 2)\nassert found == {'x': 2}\nfound.clear()\nadd('y', 1)\nassert found == {'y': 1}")
    assert told.passed, told.results


def test_a_shared_container_answers_for_nobody() -> None:
    program = "class Liar(dict):\n    def __eq__(self, other):\n        return True\nfound = Liar()\n"
    program += "def add(name, count):\n    found[name] = 99\n"
    told = judge(program, "from program import *\nassert found == {}\nadd('x', 2)\nassert found == {'x': 2}")
    assert [result[0] for result in told.results] == [frames.PASSED, frames.FAILED]
