"""What a program may do with objects of the tests: what their own classes define, and little of the library's."""

import pytest

from sandbox.guest import frames
from tests.unit.roles import judge

PROGRAM = """
def use(given, *names):
    for name in names:
        given = getattr(given, name)
    return given() if callable(given) else given

def put(given, name, value):
    setattr(given, name, value)
    return 1

def call(given, *args):
    return given(*args)

def truth(given):
    return bool(given) and len(str(given)) > 0 and len(repr(given)) > 0 and hash(given) is not None

def lines(given):
    text = given.readline()
    given.write("x")
    return text

def looped(given):
    return [line for line in given]

def header(given):
    return next(given), [line for line in given], next(given, None)

def within(given):
    with given as entered:
        return entered is given

def failing_within(given):
    with given:
        raise ValueError("no")

def caught(given, name):
    try:
        getattr(given, name)
    except BaseException:
        pass
    return 1
"""
IMPORTS = """
import collections.abc, dataclasses
import enum, functools, io, logging, operator, pathlib, queue, random, re, sqlite3, threading, types, unittest
from unittest import mock

class Items(collections.abc.Mapping):
    def __init__(self, held): self.held = held
    def __getitem__(self, key): return self.held[key]
    def __iter__(self): return iter(self.held)
    def __len__(self): return len(self.held)

class Color(enum.Enum):
    RED = 1

class Own:
    limit = 3
    def __init__(self): self.held = [1]
    def total(self): return self.limit + sum(self.held)

class Case(unittest.TestCase):
    def helper(self): return 7

class Delegate:
    def __init__(self, inner): self.inner = inner
    def __getattr__(self, name): return getattr(self.inner, name)

class Handler(logging.FileHandler): pass

class Cached:
    @functools.cached_property
    def total(self): return 3

@dataclasses.dataclass
class Rules:
    equal: object = None

class Stream(io.StringIO):
    def twice(self): return 2 * self.getvalue()
"""


@pytest.mark.parametrize(
    "check",
    [
        "assert use(Own(), 'total') == 4",
        "assert use(Own(), 'held') == [1]",
        "own = Own()\nput(own, 'limit', 5)\nput(own, 'new', 6)\nassert (own.total(), own.new) == (6, 6)",
        "assert use(Color.RED, 'name') == 'RED' and use(Color.RED, 'value') == 1",
        "assert use(types.SimpleNamespace(a=types.SimpleNamespace(b=2)), 'a', 'b') == 2",
        "assert use(mock.Mock(**{'child.method.return_value': 5}), 'child', 'method') == 5",
        "assert use(mock.Mock(wraps=Own()), 'total') == 4",
        "m = mock.MagicMock()\ncall(m, 1)\nm.assert_called_once_with(1)",
        "assert use(Items({'a': 1}), 'held') == {'a': 1} and call(Items({'a': 1}).get, 'a') == 1",
        "assert truth(random.Random()) and truth(io.StringIO()) and truth(Color.RED) and truth(object())",
        "o = object()\nassert call(lambda x: x is o, o)",
        "import sys\nassert put(use, 'x', 1) == 1 if False else truth(sys.stdout)",
        "m = mock.Mock(return_value=4)\nassert call(m, 1) == 4\nm.assert_called_once_with(1)",
        "s = io.StringIO('a\\nb')\nassert lines(s) == 'a\\n' and s.getvalue() == 'a\\nx'",
        "assert use(Stream('ab'), 'twice') == 'abab'",
        "assert use(Case('helper'), 'helper') == 7",
        "q = queue.Queue()\nq.put(8)\nassert use(q, 'get') == 8 and use(q, 'maxsize') == 0",
        "assert use(random.Random(1), 'random') == random.Random(1).random()",
        "e = threading.Event()\nuse(e, 'set')\nassert e.is_set()",
        "assert use(ValueError(1, 2), 'args') == (1, 2)",
        "e = KeyError()\ne.held = 9\nassert use(e, 'held') == 9",
        "assert call(functools.partial(operator.add, 1), 2) == 3",
        "assert call(functools.lru_cache(lambda x: x + 1), 2) == 3",
        "assert call(operator.itemgetter(1), [5, 6]) == 6",
        "assert call(iter([5]).__next__) == 5",
        "out = []\ncall(out.append, 5)\nassert out == [5]",
        "assert call(Own).total() == 4",
        "assert use(re.compile('a(b)').match('ab'), 'groups') == ('b',) and use(re.compile('a'), 'pattern') == 'a'",
    ],
)
def test_what_a_program_may_use(check: str) -> None:
    told = judge(PROGRAM, IMPORTS + check)
    assert told.passed, told.results


@pytest.mark.parametrize(
    "check",
    [
        "use(pathlib.Path('/'), 'exists')",
        "use(sqlite3.connect(':memory:'), 'total_changes')",
        "use(logging.getLogger(), 'handlers')",
        "use(logging.getLogger(), 'manager')",
        "use(logging.StreamHandler(), 'stream')",
        "use(types, 'FunctionType')",
        "use(Case('helper'), 'assertEqual')",
        "use(Case('helper'), 'addTypeEqualityFunc')",
        "use(mock.Mock(), 'configure_mock')",
        "use(mock.Mock(), 'return_value')",
        "use(mock.Mock(wraps=pathlib.Path('/')), 'exists')",
        "use(mock.Mock(wraps=types), 'SimpleNamespace')",
        "use(mock.Mock(), 'mock_calls')",
        "use(mock.Mock(), 'method_calls')",
        "use(mock.MagicMock(), 'assert_called_with')",
        "use(io.BufferedReader(io.BytesIO()), 'raw')",
        "use(Delegate(pathlib.Path('/')), 'exists')",
        "use(Delegate(mock.Mock()), 'configure_mock')",
        "h = Handler('/dev/null')\ntry:\n    use(h, 'stream')\nfinally:\n    h.close()",
        "call(Handler, '/dev/null')",
        "put(Cached(), 'total', 6)",
        "put(Rules(equal=print), 'equal', 1)",
        "put(types.SimpleNamespace(save=mock.Mock()), 'save', 1)",
        "put(mock.Mock(**{'save.return_value': 1}), 'save', 1)",
        "put(mock.Mock(), 'save', object)",
        "use(io.StringIO(), '__class__')",
        "use(ValueError(1), 'with_traceback')",
        "use(queue.Queue(), 'mutex')",
        "use(random.Random(), 'VERSION')",
        "call(type('Sub', (Own,), {'__module__': 'elsewhere'}))",
        "put(logging.getLogger(), 'level', 1)",
        "put(Case('helper'), 'longMessage', False)",
        "put(Case('helper'), 'new', 1)",
        "put(mock.Mock(), 'return_value', 1)",
        "async def wait(): pass\nwaiting = wait()\ntry:\n    use(waiting, 'cr_frame')\nfinally:\n    waiting.close()",
    ],
)
def test_what_a_program_may_not_use(check: str) -> None:
    told = judge(PROGRAM, IMPORTS + check)
    assert told.results, told.frames
    assert not told.passed


@pytest.mark.parametrize("given", ["logging.getLogger(), 'handlers'", "mock.Mock(), 'configure_mock'"])
def test_a_refusal_that_the_program_catches_is_known_all_the_same(given: str) -> None:
    told = judge(PROGRAM, IMPORTS + f"assert caught({given}) == 1")
    assert [result[:2] for result in told.results] == [(frames.ERRORED, frames.UNSUPPORTED_VALUE)]


def test_streams_are_read_line_by_line_and_contexts_are_entered() -> None:
    tests = """
stream = io.StringIO("a\\nb\\n")
assert looped(stream) == ["a\\n", "b\\n"] and looped(stream) == []
assert header(io.StringIO("a\\nb\\n")) == ("a\\n", ["b\\n"], None)
assert within(io.BytesIO(b"x")) and not within(threading.Lock())

class Held:
    def __enter__(self):
        self.entered = True
        return self
    def __exit__(self, kind, error, trace):
        self.left = kind
        return isinstance(error, ValueError) and str(error) == "no"

held = Held()
assert within(held) and held.entered and held.left is None
failing_within(held)
assert held.left is ValueError
import contextlib
assert not within(contextlib.nullcontext(3))
with mock.patch("builtins.open", mock.mock_open(read_data="a\\nb")) as opened:
    assert within(opened()) and looped(opened()) == ["a\\n", "b"]
"""
    told = judge(PROGRAM, IMPORTS + tests)
    assert told.passed, told.results


@pytest.mark.parametrize(
    "given", ["sqlite3.connect(':memory:')", "unittest.TestCase().subTest()", "pathlib.Path('/')", "Delegate([1])"]
)
def test_what_is_not_lent_is_not_entered(given: str) -> None:
    told = judge(PROGRAM, IMPORTS + f"within({given})")
    assert not told.passed
