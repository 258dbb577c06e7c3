"""The program's classes as the tests see them, and what tests ask of objects beside their methods."""

from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.guest import frames, values
from sandbox.guest.bridge import Bridge
from sandbox.guest.serving import CALLABLE, CLASS, ERROR_CLASS, OF_CALLABLES
from sandbox.guest.values import MalformedValueError
from tests.unit.roles import judge

PROGRAM = '''
import asyncio
import functools
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, Optional, TypeVar

T = TypeVar("T")


class Shape(ABC):
    """Has an area."""
    sides: int = 0

    @abstractmethod
    def area(self):
        ...


class Square(Shape):
    sides = 4

    def __init__(self, side=1):
        self.side = side

    def area(self):
        return self.side ** 2

    def __eq__(self, other):
        return isinstance(other, Square) and self.side == other.side

    def __hash__(self):
        return hash(self.side)


class Adder:
    def __init__(self, n):
        self.n = n

    def __call__(self, x):
        return self.n + x

    def __iadd__(self, other):
        self.n += other.n
        return self

    def __lshift__(self, other):
        return Adder(self.n << other.n)

    def __divmod__(self, other):
        return divmod(self.n, other.n)


class Registry(type):
    made = []

    def __new__(kind, name, bases, members):
        made = super().__new__(kind, name, bases, members)
        kind.made.append(made)
        return made

    def __len__(self):
        return 3

    def __contains__(self, item):
        return True


class Plugin(metaclass=Registry):
    pass


class Box(Generic[T]):
    def __init__(self, item):
        self.item = item


class Stack(list):
    def peek(self):
        return self[-1]


class Trie:
    def __contains__(self, word):
        return True


@dataclass(order=True)
class Point:
    """A place.

    >>> 1 / 0
    """
    x: int
    y: int = 0


def make(name):
    """Makes one."""
    return {"square": Square, "adder": Adder, "trie": Trie}[name](*[2] * (name != "trie"))


def chain():
    try:
        try:
            1 / 0
        except ZeroDivisionError as error:
            raise KeyError("k") from error
    except KeyError as error:
        raise RuntimeError("both") from error


def typed(a: int, b: Optional[str] = None, *rest, key=3, **more) -> bool:
    return True


def counted(function):
    @functools.wraps(function)
    def wrapper(*args):
        wrapper.calls += 1
        return function(*args)
    wrapper.calls = 0
    return wrapper


class Connection:
    def __init__(self):
        self.log = []

    async def __aenter__(self):
        self.lock = asyncio.Lock()
        await self.lock.acquire()
        self.log.append("open")
        return self

    async def __aexit__(self, kind, error, trace):
        self.lock.release()
        self.log.append(kind.__name__ if kind else "closed")
        return kind is KeyError

    async def rows(self, count):
        for row in range(count):
            await asyncio.sleep(0)
            yield row

    async def get(self, key):
        raise KeyError(key)
'''

HOLDS = {
    "the class of an object": """
assert type(make('square')) is Square and make('square').__class__ is Square
""",
    "the class of an object, equal": """
assert type(Square(1)) == Square and type(Square(1)) in (Adder, Square)
""",
    "another class": """
assert type(make('square')) is not Adder and type(Square(1)) != Adder
""",
    "instances": """
assert isinstance(Square(2), Shape)
assert isinstance(Square(2), (Adder, Square))
assert not isinstance(5, Shape)
""",
    "subclasses": """
assert issubclass(Square, Shape) and not issubclass(Adder, Shape) and not issubclass(int, Shape)
""",
    "bases": """
assert Square.__bases__ == (Shape,)
assert Square.__mro__[:2] == (Square, Shape)
assert Square.__mro__[-1] is object
""",
    "names": """
assert Square.__name__ == 'Square' and type(make('adder')).__name__ == 'Adder'
""",
    "attributes of a class": """
Square.sides = 5
assert Square(1).sides == 5
Square.sides = 4
assert Square.sides == 4
""",
    "what is not there": """
assert not hasattr(Square, 'corners') and hasattr(Square, 'area')
""",
    "abstract": """
try:
    Shape()
except TypeError:
    pass
else:
    assert False
""",
    "callable objects": """
assert callable(make('adder')) and make('adder')(3) == 5 and not callable(Square(1))
""",
    "a class of classes": """
assert Plugin in Registry.made and len(Plugin) == 3 and isinstance(Plugin, Registry)
""",
    "in a dictionary": """
assert {Square: 1}[type(make('square'))] == 1 and len({Square, Shape, type(Square(3))}) == 2
""",
    "generic": """
assert Box[int](3).item == 3 and type(Box('a')) is Box
""",
    "a pattern": """
match make('square'):
    case Square(side=side):
        assert side == 2
    case _:
        assert False
""",
    "replaced": """
with patch('program.Square.area', return_value=9):
    assert Square(1).area() == 9
assert Square(3).area() == 9
""",
    "replaced with its own specification": """
with patch("program.Square", autospec=True) as fake:
    fake.return_value.area.return_value = 7
    assert program.make("square").area() == 7
    fake.return_value.area.assert_called_once_with()
with patch("program.make", autospec=True, return_value=3) as fake:
    assert program.make("a") == 3
fake.assert_called_once_with("a")
""",
    "replaced as a whole": """
with patch('program.Square') as fake:
    fake.return_value.area.return_value = 7
    assert make('adder') and program.Square(2).area() == 7
assert program.Square is Square and Square(2).area() == 4
""",
    "a value that has its class": """
assert Stack([1]) == [1] and sum(Stack([1, 2])) == 3
""",
    "copies": """
one = Square(2)
assert copy.copy(one) == one and copy.deepcopy(one) is not one
""",
    "data classes": """
assert dataclasses.is_dataclass(Point) and dataclasses.asdict(Point(1, 2)) == {'x': 1, 'y': 2}
assert [one.name for one in dataclasses.fields(Point)] == ['x', 'y']
assert dataclasses.replace(Point(1), y=3) == Point(1, 3)
assert not dataclasses.is_dataclass(Square) and Point(1) < Point(2)
""",
    "documentation": """
assert make.__doc__ == 'Makes one.' and Shape.__doc__ == 'Has an area.' and Point.__doc__ is None
""",
    "signatures": """
assert str(inspect.signature(typed).replace(return_annotation=bool)).startswith('(a: int, b')
assert list(inspect.signature(Square).parameters) == ['side']
assert inspect.signature(typed).parameters['key'].default == 3
assert inspect.signature(typed).return_annotation is bool
assert typed.__defaults__ == (None,)
assert inspect.isclass(Square)
""",
    "causes": """
try:
    chain()
except RuntimeError as error:
    assert isinstance(error.__cause__, KeyError) and error.__cause__.args == ('k',)
    assert isinstance(error.__cause__.__cause__, ZeroDivisionError)
    assert error.__cause__.__cause__.__cause__ is None
""",
    "in place": """
one = kept = Adder(1)
one += Adder(2)
assert one is kept and one.n == 3
assert divmod(Adder(7), Adder(2)) == (3, 1) and (Adder(1) << Adder(2)).n == 4
""",
    "decorators": """
@counted
def greet(name):
    '''Greets.'''
    return 'hello ' + name
assert greet('a') == 'hello a'
assert greet.calls == 1
assert greet.__name__ == 'greet'
assert greet.__doc__ == 'Greets.'
""",
    "asynchronous": """
async def main():
    async with Connection() as one:
        found = [row async for row in one.rows(3)]
        assert one.lock.locked()
        await one.get(1)
    async with Connection() as two:
        pass
    return found, one.log, two.log
assert asyncio.run(main()) == ([0, 1, 2], ['open', 'KeyError'], ['open', 'closed'])
""",
}
_HEAD = """
import asyncio, copy, dataclasses, inspect, pickle
from unittest.mock import patch
import program
from program import *
"""


@pytest.mark.parametrize("tests", HOLDS.values(), ids=HOLDS.keys())
def test_what_holds_of_classes_and_objects(tests: str) -> None:
    told = judge(PROGRAM, _HEAD + tests)
    assert told.passed, told.results


def test_a_path_that_is_not_the_tests_is_a_text() -> None:
    program = "def path():\n    return '/tmp/tmpof_program/name'\ndef length(text):\n    return len(text)\n"
    assert judge(program, "assert length(path()) == 23").passed


OWN_METHODS = """
import math

class Team:
    def __init__(self, *members):
        self.members = list(members)
    def __iter__(self):
        return iter(self.members)
    def __contains__(self, member):
        return {contains}

class Bag:
    def __init__(self, *items):
        self.items = list(items)
    def __iadd__(self, other):
        {add}
        return self
    def __add__(self, other):
        return Bag(*self.items, *other.items)

class Point:
    def __init__(self, x):
        self.x = x
    def __eq__(self, other):
        {equal}

class Money:
    def __init__(self, value):
        self.value = value
    def __float__(self):
        return float(self.value)
    def __floor__(self):
        return {floor}
    def __trunc__(self):
        return 9

class Down:
    def __init__(self, n):
        self.n = n
    def __iter__(self):
        return self
    def __next__(self):
        if not self.n:
            raise StopIteration
        self.n -= 1
        return self.n
"""
RIGHT = {
    "contains": "member in self.members",
    "add": "self.items += other.items",
    "equal": "return isinstance(other, Point) and self.x == other.x",
    "floor": "math.floor(self.value)",
}
WRONG = [
    ("contains", "True"),
    ("contains", "False"),
    ("contains", "member != 'ann'"),
    ("add", "self.items = other.items"),
    ("equal", "return self.x == other.x"),
    ("equal", "return True"),
    ("floor", "math.ceil(self.value) + 7"),
]
OWN_METHODS_TESTS = """
import math
from program import *
def test_contains():
    assert "ann" in Team("ann")
    assert "bob" not in Team("ann")
def test_in_place():
    bag = Bag(1)
    bag += Bag(2)
    assert bag.items == [1, 2]
def test_equal():
    assert Point(1) == Point(1)
    assert not Point(1) == Point(2)
    assert Point(1) != "point"
    assert not Point(1) == None
def test_numbers():
    assert (math.floor(Money(2.5)), math.ceil(Money(2.5)), math.trunc(Money(2.5))) == (2, 3, 9)
def test_iterators():
    down = Down(3)
    assert iter(down) is down and list(down) == [2, 1, 0]
"""


def test_methods_of_the_programs_own_are_run() -> None:
    told = judge(OWN_METHODS.format(**RIGHT), OWN_METHODS_TESTS)
    assert told.passed, told.results


@pytest.mark.parametrize(("part", "wrong"), WRONG)
def test_methods_of_the_programs_own_may_be_wrong(part: str, wrong: str) -> None:
    told = judge(OWN_METHODS.format(**{**RIGHT, part: wrong}), OWN_METHODS_TESTS)
    assert [result[0] for result in told.results].count(frames.PASSED) == 4, told.results


@pytest.mark.parametrize("check", ["isinstance(place(), Place)", "isinstance(5, Place)"])
def test_a_value_has_lost_its_class(check: str) -> None:
    program = (
        "from collections import namedtuple\nPlace = namedtuple('Place', 'x y')\ndef place():\n    return Place(1, 2)\n"
    )
    told = judge(program, f"from program import *\nassert place() == (1, 2)\nassert {check}")
    assert [result[1] for result in told.results] == [frames.NO_FAILURE, frames.UNSUPPORTED_VALUE]


def test_tests_may_look_at_nothing_but_classes() -> None:
    assert judge(PROGRAM, "from program import Square\nassert not issubclass(int, Square)").passed
    mock = "from unittest.mock import Mock\nassert isinstance(Mock(spec=Square), Square)\nassert Square(1).area() == 1"
    assert judge(PROGRAM, f"from program import Square\n{mock}").passed


def test_what_cannot_be_given_is_no_exception_that_tests_can_want() -> None:
    tests = "import pathlib, pytest\ndef test_it():\n    with pytest.raises(Exception):\n        make(pathlib.Path())\n"
    told = judge(PROGRAM, f"{_HEAD}{tests}")
    assert [result[:2] for result in told.results] == [(frames.ERRORED, frames.UNSUPPORTED_VALUE)]


def test_classes_are_equal_to_themselves_alone() -> None:
    program = "class Kind(type):\n    def __eq__(kind, other):\n        return True\n    __hash__ = type.__hash__\n"
    program += "class Any(metaclass=Kind):\n    pass\nclass Right:\n    pass\ndef make():\n    return Any()\n"
    for check in ("type(make()) == Right", "Right == Any", "type(make()) == list", "type(make()) in (Right, list)"):
        told = judge(program, f"from program import *\nassert type(make()) is Any\nassert {check}")
        assert [result[0] for result in told.results] == [frames.PASSED, frames.FAILED], check


@pytest.mark.parametrize(
    "tests",
    [
        "class Mine(Shape):\n    pass",
        "pickle.dumps(Square(1))",
        "assert 'word' in Trie()",
        "assert 'word' not in make('trie')",
        "import tempfile\nwith tempfile.TemporaryDirectory(dir='/tmp') as folder:\n    make(folder + '/name')",
        "assert Stack([1]).peek() == 1",
    ],
)
def test_what_cannot_be_done_across(tests: str) -> None:
    told = judge(PROGRAM, f"{_HEAD}{tests}\n")
    assert [result[:2] for result in told.results] == [(frames.ERRORED, frames.UNSUPPORTED_VALUE)]


def test_an_asynchronous_context_leaves_no_check_out() -> None:
    tests = "async def test_it():\n    async with Connection() as one:\n        assert await one.get(1)"
    told = judge(PROGRAM, _HEAD + tests)
    assert [result[:2] for result in told.results] == [(frames.FAILED, frames.WRONG_ANSWER)]


def test_a_check_keeps_its_name_from_decorators_of_the_programs() -> None:
    program = "def named(function):\n    return [getattr(function, '__name__', ''), function.__doc__]"
    told = judge(program, "def test_secret():\n    '''Of 5.'''\nassert 'test' not in str(named(test_secret))\n")
    assert told.passed, told.results


def _bridge() -> Any:
    lane: Any = SimpleNamespace(standing=SimpleNamespace(has_forked=False))
    return Bridge(lane)


@pytest.mark.parametrize(
    "reference",
    [
        [1, 0, "A", [1]],
        [1, 0, "A", [7]],
        [1, 0, "A", ["int"]],
        [1, 0, "A", [[]]],
        [1, 0, "A", [[1, 0, "B", []]]],
        [2, 0, "A", [[1, CLASS | ERROR_CLASS | CALLABLE, "B", ["ValueError"]]]],
        [2, 0, "A", [[1, CALLABLE, "B", []]]],
        [1, 0, "A", [[2, CLASS | CALLABLE, "B", []]]],
        [1, 0, "A", [None]],
    ],
)
def test_an_object_of_what_is_no_class_is_malformed(reference: list[Any]) -> None:
    bridge = _bridge()
    with pytest.raises(MalformedValueError):
        bridge._remote(values.decode(values.encode(reference)))


def test_an_object_and_its_class_are_numbered_in_order() -> None:
    bridge = _bridge()
    one = bridge._remote([2, CALLABLE, "A", [[1, CLASS | CALLABLE | OF_CALLABLES, "A", []]]])
    assert type(one) is bridge._remote(1)
    assert type(bridge._remote([3, CALLABLE, "A", [1]])) is type(one)
    # One whose class has been given a __call__ since.
    assert type(bridge._remote([5, CALLABLE, "B", [[4, CLASS | CALLABLE, "B", []]]])) is not bridge._remote(4)
