"""What tests can do with a program that is in another process, and what the program cannot do with them."""

from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.guest import classes, frames, remote
from sandbox.guest.judging import TestsError
from sandbox.guest.lane import ProgramGoneError, ViolationError
from tests.unit.roles import judge

PROGRAM = """
import random
from collections import namedtuple
from dataclasses import dataclass


class Stack:
    def __init__(self, items=()):
        self.items = list(items)

    def push(self, item):
        self.items.append(item)
        return self

    def pop(self):
        return self.items.pop()

    def __len__(self):
        return len(self.items)

    def __iter__(self):
        return iter(self.items)

    def __getitem__(self, place):
        return self.items[place]

    def __eq__(self, other):
        return isinstance(other, Stack) and self.items == other.items

    def __hash__(self):
        return 1

    def __add__(self, other):
        return Stack(self.items + other.items)

    def __enter__(self):
        return self.push("in")

    def __exit__(self, kind, error, trace):
        self.push(kind and (kind.__name__, error.args))
        return True

    def __repr__(self):
        return f"Stack({self.items})"


class CodeError(ValueError):
    def __init__(self, code):
        super().__init__(f"code {code}")
        self.code = code


class SubError(CodeError):
    pass


@dataclass
class Point:
    x: int
    y: int


Pair = namedtuple("Pair", "first second")
COUNT = 5


def fail(code):
    raise SubError(code)


def look_up(key):
    return {}[key]


def leave():
    raise SystemExit(3)


def decode(data):
    return data.decode("ascii")


def pair():
    return Pair(1, Point(2, 3))


def count(n):
    for i in range(n):
        got = yield i
        if got:
            print("got", got)


def sort(items):
    items.sort()
    return items


def rearrange(grid):
    grid[0][0] = 9
    grid.append(grid[0])


def fill(a, b, c, d):
    a["new"] = 1
    b.add(2)
    c.extend(b"xy")
    d.append(3)


def twice(f, x):
    return f(f(x))


def compose(*functions):
    def composed(x):
        for f in functions:
            x = f(x)
        return x

    return composed


def show(f):
    items = [3, 2]
    f(items)
    return items


async def double(x):
    return x * 2


def greet():
    print("hello", input("name? "))


def dice():
    return random.random()


def total(items):
    return sum(items)


def visit(node):
    node.value += 1
    return node.value + (node.next.value if node.next else 0)


def endless():
    while True:
        yield 1


def peek(f):
    return f.__globals__


def peek_object(node):
    return node._secret
"""

STYLES = {
    "objects": """
s = Stack()
s.push(1).push(2)
assert len(s) == 2 and list(s) == [1, 2] and s[0] == 1 and 2 in s and 5 not in s
assert s.pop() == 2
t = Stack([1])
assert s == t and not (s != t) and s is not t
assert s != 1 and not s == [1] and s != [1]
assert repr(s + t) == "Stack([1, 1])" and f"{s}" == "Stack([1])"
assert isinstance(s, Stack) and not isinstance(3, Stack)
assert type(s).__name__ == "Stack"
s.items = [7]
assert s.pop() == 7 and not s
""",
    "contexts": """
s = Stack()
with s as inner:
    assert inner is s
    raise KeyError("q")
assert s.items == ["in", ("KeyError", ("q",))], s.items
with s:
    pass
assert s.items[-1] is None
""",
    "exceptions": """
def raised(f, *args):
    try:
        f(*args)
    except BaseException as error:
        return error

error = raised(fail, 7)
assert isinstance(error, CodeError) and isinstance(error, ValueError) and type(error).__name__ == "SubError"
assert str(error) == "code 7" and error.args == ("code 7",) and error.code == 7
try:
    fail(8)
except CodeError:
    pass
error = raised(look_up, "x")
assert type(error) is KeyError and str(error) == "'x'" and error.args == ("x",)
assert type(raised(leave)) is SystemExit and raised(leave).code == 3
assert type(raised(decode, b"\\xff")) is UnicodeDecodeError
assert type(raised(sort)) is TypeError
assert type(raised(lambda: Stack().pop())) is IndexError
assert not hasattr(Stack(), "nothing")
""",
    "records": """
value = pair()
assert value.first == 1 and value[0] == 1 and value.second.x == 2 and value._fields == ("first", "second")
assert Point(2, 3) == value.second
value.second.x = 10
assert value.second.x == 10
assert Pair(1, 2) == (1, 2)
""",
    "generators": """
import inspect
g = count(3)
assert inspect.isgenerator(g)
assert next(g) == 0 and g.send("v") == 1 and list(g) == [2]
assert list(count(4)) == [0, 1, 2, 3] and sum(count(5)) == 10
assert total(count(4)) == 6 and total(x for x in (1, 2)) == 3 and total(iter([1])) == 1
assert [a for a, b in zip(count(9), [0, 1])] == [0, 1]
it = iter(Stack([1, 2]))
assert next(it) == 1 and next(it) == 2 and next(it, None) is None
e = endless()
assert next(e) == 1
e.close()
""",
    "changes in place": """
items = [3, 1, 2]
assert sort(items) is items and items == [1, 2, 3]
grid = [[1], [2]]
row = grid[0]
rearrange(grid)
assert grid == [[9], [2], [9]] and grid[0] is row and grid[2] is row
a, b, c = {}, set(), bytearray()
fill(a, b, c, d=(d := []))
assert (a, b, c, d) == ({"new": 1}, {2}, b"xy", [3])
from collections import Counter, deque
a, d = Counter("x"), deque()
fill(a, b, c, d)
assert a == {"x": 1, "new": 1} and list(d) == [3]
""",
    "callbacks": """
import operator
assert twice(lambda x: x + 1, 1) == 3 and compose(lambda x: x + 1, str)(4) == "5"
assert compose(len, abs, operator.neg)([1]) == -1 and compose(str.upper)("a") == "A" and compose(sort)([2, 1]) == [1, 2]
assert show(lambda items: items.append(1)) == [3, 2, 1]
assert twice(lambda x: total([x, COUNT]), 1) == 11
def divide(x):
    return x / 0
try:
    twice(divide, 1)
except ZeroDivisionError:
    pass
else:
    raise AssertionError
def own(x):
    raise CodeError(4)
try:
    twice(own, 1)
except CodeError as error:
    assert error.code == 4
class Node:
    def __init__(self, value, next=None):
        self.value, self.next = value, next
node = Node(1, Node(5))
assert visit(node) == 7 and node.value == 2
""",
    "coroutines": """
import asyncio
assert asyncio.run(double(4)) == 8
async def main():
    return await asyncio.gather(double(1), double(2))
assert asyncio.run(main()) == [2, 4]
""",
    "input and output": """
import contextlib, io
from unittest import mock
out = io.StringIO()
with contextlib.redirect_stdout(out), mock.patch("builtins.input", lambda _="": "Bo"):
    greet()
assert out.getvalue() == "hello Bo\\n"
out = io.StringIO()
with mock.patch("sys.stdin", io.StringIO("Al\\n")), contextlib.redirect_stdout(out):
    greet()
assert out.getvalue() == "name? hello Al\\n"
try:
    greet()
except EOFError:
    pass
""",
    "seeds": """
import random
random.seed(4)
first = dice()
random.seed(4)
assert dice() == first
random.seed(4)
assert random.random() == first
""",
    "a module": """
from unittest import mock
import solution
from program import COUNT, Stack as Same
assert COUNT == 5 and solution.twice(lambda x: x, 2) == 2 and Same is solution.Stack is Stack
with mock.patch("program.COUNT", 8):
    assert solution.COUNT == 8
assert solution.COUNT == 5
solution.new = 4
assert solution.new == 4
""",
}


@pytest.mark.parametrize("tests", STYLES.values(), ids=STYLES)
def test_tests_work_as_in_one_process(tests: str) -> None:
    told = judge(PROGRAM, tests)
    assert told.passed, told.frames
    # The very same tests hold where there is no wall at all: they ask for nothing that Python does not do.
    if not any(word in tests for word in ("program", "random", "stdin")):
        exec(compile(PROGRAM + tests, "both.py", "exec"), {"__name__": "both"})  # noqa: S102 (ours, both)


LIAR = """
class Liar:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __contains__ = __lt__
    def __sub__(self, other): return 0.0
    __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __mod__ = __rmod__ = __truediv__ = __sub__
    def __abs__(self): return 0.0
    def __hash__(self): return hash(1)
    def __len__(self): return 1

class LiarInt(int):
    __eq__ = Liar.__eq__
    __hash__ = Liar.__hash__

def f(*args): return Liar()
def number(*args): return LiarInt(7)
def nested(*args): return [Liar()]
"""


@pytest.mark.parametrize(
    "check",
    [
        "assert f() == 1",
        "assert 1 == f()",
        "assert not f() != 1",
        "assert f() in (1, 2)",
        "assert f() in {1, 2}",
        "assert 1 in f()",
        "assert [f()] == [1]",
        "assert nested() == [1]",
        "assert {1: f()} == {1: 1}",
        "assert abs(f() - 0.5) < 1e-6",
        "assert abs(0.5 - f()) < 1e-6",
        "assert f() < 3",
        "assert 0 <= f() <= 3",
        "assert f() % 2 == 0",
        "assert 3 - f() == 0",
        "import math; assert math.isclose(f(), 0.5)",
        "assert sorted([f(), 1]) == [1, 1]",
        "assert number() == 1",
        "assert f() is True",
        "from unittest import TestCase; TestCase().assertEqual(f(), 1)",
        "from unittest import TestCase; TestCase().assertAlmostEqual(f(), 1)",
        "from unittest import TestCase; TestCase().assertIn(1, f())",
        "from unittest import TestCase; TestCase().assertIn(f(), [1])",
    ],
)
def test_an_object_that_agrees_with_everything_agrees_with_nothing(check: str) -> None:
    told = judge(LIAR, check)
    assert told.results, told.frames
    assert not told.passed


def test_the_same_object_agrees_where_there_is_no_wall() -> None:
    exec(LIAR + "assert f() == 1 and 1 == f() and f() in (1, 2) and 1 in f() and abs(f() - 0.5) < 1e-6", {})  # noqa: S102


@pytest.mark.parametrize(
    "check", ["peek(lambda: 1)", "class Node:\n    _secret = 1\npeek_object(Node())", "twice(lambda x: x.x, Node)"]
)
def test_what_is_private_to_the_tests_stays_so(check: str) -> None:
    told = judge(PROGRAM, check)
    assert not told.passed


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"N",
        # Objects out of turn, of no sort, of the tests, never named.
        b"values.encode([7, 0, 'x', []])",
        b"values.encode(1)",
        b"values.encode([1, 0, 'x'])",
        b"values.encode([1, 4, 'E', ['int', 9]])",
    ],
)
def test_a_reference_that_is_none_is_a_violation(answer: bytes) -> None:
    source = f"""
import sys, os, struct
sys.path.insert(0, {str(__import__("sandbox").__path__[0]).removesuffix("/sandbox")!r})
def f():
    from sandbox.guest import frames, serving, values
    frame = sys._getframe()
    while "call_id" not in frame.f_locals:
        frame = frame.f_back
    body = eval({answer!r} or b"b''") if {answer!r} not in (b"", b"N") else {answer!r}
    value = b"H" + struct.pack(">I", len(body)) + body
    frames.write_frame(4, serving.RETURNED, frame.f_locals["call_id"] + b"l" + struct.pack(">I", 2) + value
                       + values.encode([]))
    os.read(3, 1)
"""
    with pytest.raises(ViolationError):
        judge(source, "f()")


def test_an_endless_generator_ends() -> None:
    told = judge(PROGRAM, "from sandbox.guest import remote\nremote.ITEMS_MAX = 50\nlist(endless())")
    assert told.results[0][:2] == (frames.ERRORED, frames.UNSUPPORTED_VALUE)


LIBRARY = """
import decimal, json, subprocess, zipfile
from asyncio import CancelledError

class Special(json.JSONDecodeError):
    pass

def read(text):
    return json.loads(text)

def special():
    raise Special("no", "text", 2)

def run():
    raise subprocess.CalledProcessError(3, ["ls"], output=b"x")

def divide(x):
    return decimal.Decimal(x) / 0

def cancelled():
    raise CancelledError

def several():
    import shutil, urllib.error
    from xml.etree import ElementTree
    for error in (shutil.Error(["a", "b"]), urllib.error.URLError("no host")):
        yield error
    try:
        ElementTree.fromstring("<a>")
    except ElementTree.ParseError as error:
        yield error

failing = list(several())

def fail(number):
    raise failing[number]

def caught(callback):
    try:
        callback()
    except json.JSONDecodeError as error:
        return str(error)
"""


def test_exceptions_of_the_library_are_those_of_the_tests_too() -> None:
    tests = """
import decimal, json, subprocess
import pytest
from json import JSONDecodeError

with pytest.raises(JSONDecodeError, match="line 1 column 2") as info:
    read("[")
assert isinstance(info.value, ValueError) and info.value.pos == 1 and info.value.doc == "["
with pytest.raises(json.JSONDecodeError):
    special()
with pytest.raises(Special):
    special()
with pytest.raises(subprocess.CalledProcessError) as info:
    run()
assert info.value.returncode == 3 and info.value.cmd == ["ls"] and info.value.output == b"x"
with pytest.raises(decimal.DivisionByZero):
    divide(1)
try:
    read("[")
except subprocess.CalledProcessError:
    raise AssertionError
except ValueError as error:
    assert type(error).__name__ == "JSONDecodeError"
import shutil, urllib.error
from xml.etree import ElementTree
with pytest.raises(shutil.Error) as info:
    fail(0)
assert info.value.args == (["a", "b"],)
with pytest.raises(urllib.error.URLError, match="no host") as info:
    fail(1)
assert info.value.reason == "no host" and info.value.args == ("no host",)
with pytest.raises(ElementTree.ParseError, match="no element found") as info:
    fail(2)
assert "no element" in info.value.msg and info.value.position == (1, 3)
assert caught(lambda: json.loads("{")) == "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
"""
    told = judge(LIBRARY, tests)
    assert told.passed, told.results


def test_exceptions_that_end_things_in_silence_do_not_cross_as_such() -> None:
    tests = """
import asyncio

async def check():
    cancelled()
    assert False

async def test_all():
    async with asyncio.TaskGroup() as group:
        group.create_task(check())
"""
    assert not judge(LIBRARY, tests).passed


def test_an_exception_of_the_library_is_only_named_where_the_tests_know_it() -> None:
    told = judge(LIBRARY, "try:\n    run()\nexcept Exception as error:\n    assert error.returncode == 3")
    assert told.passed, told.results


def test_what_a_program_says_of_itself_is_not_run_as_an_example() -> None:
    source = """
def f():
    '''x
    >>> import sys
    >>> sys.modules["sandbox.guest.judging"]._run = lambda lane, run: None
    '''
    return 0
"""
    tests = """
import doctest

def test_examples():
    doctest.run_docstring_examples(f, {"f": f})

def test_f():
    assert f() == 1
"""
    assert not judge(source, tests).passed


def test_stop_iteration_of_the_program_does_not_end_a_loop_of_the_tests() -> None:
    source = "def f(x): raise StopIteration\nclass Own(StopIteration): pass\ndef g(x): raise Own"
    for call in ("f", "g"):
        told = judge(source, f"for x in map({call}, [1]):\n    assert x == 2\nassert list(map({call}, [1])) == []")
        assert not told.passed


def test_objects_that_nobody_uses_are_given_back() -> None:
    source = "import weakref\nclass A: pass\nalive = weakref.WeakSet()\n"
    source += "def make():\n    a = A()\n    alive.add(a)\n    return a\ndef living(): return len(alive)\n"
    told = judge(source, "a = [make() for _ in range(9)]\nassert living() == 9\ndel a\nliving()\nassert living() == 0")
    assert told.passed, told.frames


@pytest.mark.parametrize("catch", ["except BaseException:", "except:"])
def test_tests_that_catch_everything_do_not_pass_a_program_that_has_gone(catch: str) -> None:
    source = "import os\ndef f(): os.write(4, b'no answer')\ndef g(): pass"
    tests = f"def test_f():\n    try:\n        f()\n    {catch}\n        pass\ndef test_g():\n    pass"
    with pytest.raises(ViolationError):
        judge(source, tests)


def test_an_exception_that_no_text_can_be_made_of_is_a_failure() -> None:
    told = judge("def f(): raise OverflowError(1 << 99_999)", "def test_f():\n    f()")
    assert told.results[0][:2] == (frames.ERRORED, frames.EXCEPTION)
    told = judge("def f(): raise OverflowError(1 << 99_999)", "try:\n    f()\nexcept OverflowError:\n    pass")
    assert told.passed


def test_an_assertion_in_a_callback_cannot_be_caught_by_the_program() -> None:
    source = "def f(callback):\n    try:\n        callback(4)\n    except BaseException:\n        pass"
    told = judge(source, "def callback(x):\n    assert x == 5, 'x is wrong'\ndef test_f():\n    f(callback)")
    assert told.results[0] == (frames.FAILED, frames.WRONG_ANSWER, "test_f: AssertionError: x is wrong")
    # What the tests raise for the program to handle is for the program to handle.
    told = judge(source, "def callback(x):\n    raise KeyError\ndef test_f():\n    f(callback)")
    assert told.passed


def test_what_cannot_cross_is_no_exception_that_tests_can_want() -> None:
    source = "def f():\n    return 'x' * (17 << 20)"
    told = judge(
        source, "def test_f():\n    try:\n        f()\n    except Exception:\n        return\n    assert False"
    )
    assert told.results[0][:2] == (frames.ERRORED, frames.UNSUPPORTED_VALUE)


def test_an_object_that_is_false_stays_one_object() -> None:
    source = "class A:\n    asked = 0\n    def __bool__(self):\n        A.asked += 1\n        return False\n"
    source += "a = A()\ndef f(): return a\ndef asked(): return A.asked"
    told = judge(
        source, "first, second = f(), f()\nassert first is second and asked() == 0 and not first and asked() == 1"
    )
    assert told.passed, told.frames


def test_a_class_may_be_called_anything() -> None:
    # No program can name a class so; one that speaks for itself can say that it has.
    bridge: Any = SimpleNamespace(release=lambda number: None)
    assert type(classes.make(bridge, 1, 0, "a\ud800\0b")).__name__ == "a??b"
    assert remote.error_class(bridge, "a\udfff", (ValueError,)).__name__ == "a?"


SHY = """
class Shy(Exception):
    def __str__(self):
        raise self
    __repr__ = __str__
    def __getattribute__(self, name):
        raise Shy

class Meta(type):
    def __getattribute__(cls, name):
        raise Shy
    def __subclasscheck__(cls, other):
        raise Shy
    def __instancecheck__(cls, other):
        raise Shy
    def __eq__(cls, other):
        raise Shy
    def __hash__(cls):
        raise Shy

class Odd(metaclass=Meta):
    pass

shy = Shy()
odd = object.__new__(Odd)

def f():
    raise Shy

def g(what):
    return {"shy": shy, "odd": odd, "class": Odd}[what]
"""


@pytest.mark.parametrize(
    "kind", ["class Stack: pass", "def Stack(): pass", "Stack = 3", "Stack = [1]", "Stack = ValueError"]
)
@pytest.mark.parametrize(
    "runs_nothing",
    [
        "def main(): assert Stack() == 1\nif __name__ == '__main__': main()",
        "def check(candidate): assert candidate() == 1\nc = Stack",
        "class Checks:\n    def check(self): assert Stack() == 1",
    ],
)
def test_a_name_that_is_taken_and_not_used_is_no_check(kind: str, runs_nothing: str) -> None:
    with pytest.raises(TestsError):
        judge(kind, f"from program import Stack\n{runs_nothing}")


@pytest.mark.parametrize(
    "looks",
    [
        "from program import LIMITS\nassert LIMITS == {'low': 1}",
        "def test_a(): assert LIMITS['low'] == 1",
        "assert LIMITS\nassert LIMITS['low'] == 1",
        "def validate(limits): assert limits['low'] == 1\nvalidate(LIMITS)",
    ],
)
def test_a_value_that_is_looked_at_is_a_check(looks: str) -> None:
    assert judge("LIMITS = {'low': 1}", looks).passed
    assert not judge("LIMITS = {'low': 2}", looks).passed


def test_arguments_may_be_called_like_ours() -> None:
    source = """
def f(nums, target): return nums
def g(self, operation, remote, name): return 1
def h(callback): return callback(target=1, self=2, operation=3)
class Box:
    def __call__(self, target): return target
"""
    tests = """
assert f(nums=[1], target=2) == [1]
assert g(self=1, operation=2, remote=3, name=4) == 1
assert h(lambda **named: named) == {"target": 1, "self": 2, "operation": 3}
assert Box()(target=5) == 5
"""
    assert judge(source, tests).passed


OWN_ERRORS = """
class NeedError(Exception):
    status = 404
    def __init__(self, need):
        super().__init__(f"need {need}")
        self.need = need
    def describe(self): return f"{self.status}: {self.need}"
    def __repr__(self): return f"<{self.need}>"
class BadError(Exception):
    def __init__(self): super().__init__()
    def __str__(self): return "wrong"
class FileGoneError(OSError): pass
class MissingError(KeyError):
    def __str__(self): return "missing " + str(self.args[0])
def f(error=None): raise error or NeedError(5)
def returned(): return NeedError(7)
"""


@pytest.mark.parametrize(
    "check",
    [
        "str(NeedError(5)) == 'need 5'",
        "NeedError(5).args == ('need 5',)",
        "(NeedError(need=5).need, NeedError(5).describe()) == (5, '404: 5')",
        "repr(NeedError(5)) == '<5>'",
        "NeedError.status == 404",
        "isinstance(returned(), NeedError)",
        "isinstance(NeedError(5), NeedError) and isinstance(NeedError(5), Exception)",
        "FileGoneError(2, 'no').errno == 2",
        "str(MissingError('a')) == 'missing a'",
        "raised(TypeError, NeedError)",
        "raised(NeedError, f) and raised(BadError, f, BadError())",
        "raised(Derived, throw, Derived(3)) and str(Derived(3)) == 'need 4'",
        "caught(f).need == 5 and repr(caught(f)) == '<5>'",
        "caught(f, NeedError(9)).describe() == '404: 9'",
    ],
)
def test_exceptions_of_the_program_are_made_over_there(check: str) -> None:
    tests = """
def throw(error): raise error
def raised(kind, call, *args):
    try: call(*args)
    except kind: return True
    return False
def caught(call, *args):
    try: call(*args)
    except Exception as error: return error
class Derived(NeedError):
    def __init__(self, need): super().__init__(need + 1)
"""
    source = f"{OWN_ERRORS}"
    told = judge(source, f"from program import *\n{tests}assert {check}")
    assert told.passed, told.results


@pytest.mark.parametrize(
    "check", ["str(BadError()) == ''", "repr(NeedError(5)) == 'NeedError(5)'", "raised(TypeError, NeedError, 5)"]
)
def test_no_stand_in_answers_for_an_exception(check: str) -> None:
    tests = "def raised(kind, call, *args):\n    try: call(*args)\n    except kind: return True\n    return False\n"
    assert not judge(OWN_ERRORS, f"{tests}assert {check}").passed


HASHES = """
import dataclasses
@dataclasses.dataclass(frozen=True)
class P:
    x: int
class Same:
    def __hash__(self): return 7
    def __eq__(self, other): return False
class Unhashable:
    def __eq__(self, other): return True
def pairs(): return {P(1): "a", P(2): "b"}
def same(): return {Same(), Same(), Same()}
"""


@pytest.mark.parametrize(
    "check",
    [
        "hash(P(1)) == hash(P(1)) and len({P(1), P(1), P(2)}) == 2",
        "{P(1): 'a'}[P(1)] == 'a' and P(3) not in {P(1): 'a'}",
        "pairs()[P(2)] == 'b' and len(pairs()) == 2",
        "len(same()) == 3",
        "raised(TypeError, hash, Unhashable()) and raised(TypeError, lambda: {Unhashable()})",
    ],
)
def test_objects_have_the_hashes_that_the_program_gives_them(check: str) -> None:
    tests = "def raised(kind, call, *args):\n    try: call(*args)\n    except kind: return True\n    return False\n"
    told = judge(HASHES, f"{tests}assert {check}")
    assert told.passed, told.results


def test_what_tests_throw_into_a_generator_arrives() -> None:
    source = """
def g():
    try:
        yield 1
    except ValueError as error:
        yield f"got {error}"
def swallows():
    while True:
        try: yield 1
        except Exception: pass
"""
    assert judge(source, "it = g()\nnext(it)\nassert it.throw(ValueError('x')) == 'got x'").passed
    tests = "import pytest\ndef test_f():\n    it = swallows()\n    next(it)\n"
    assert not judge(source, tests + "    with pytest.raises(ValueError): it.throw(ValueError('x'))").passed
    assert not judge(source, tests + "    it.throw(AssertionError('x'))").passed
    within = "import contextlib\nclass OwnError(Exception): pass\ndef test_f():\n    try:\n"
    within += "        with contextlib.contextmanager(g)():\n"
    told = judge(
        source, within + "            raise OwnError(1)\n    except OwnError as error: assert error.args == (1,)"
    )
    assert told.passed, told.results
    told = judge(source, within + "            assert 1 == 2, 'no'\n    finally: pass")
    assert [kind for _, kind, _ in told.results] == [frames.WRONG_ANSWER]


def test_a_function_of_the_tests_gets_nothing_of_the_programs() -> None:
    source = """
def f(): return 1
f.__test__ = False
f._sandbox_fixture = f._sandbox_marks = {}
class Box:
    def __init__(self): self.x, self.__test__ = 1, False
"""
    tests = """
import functools
from program import f, Box
def gives(call, wanted):
    @functools.wraps(call)
    def check(): assert call() == wanted
    return check
test_f = gives(f, 2)
def test_box(): assert vars(Box()) == {"x": 1}
"""
    told = judge(source, tests)
    assert [status for status, _, _ in told.results] == [frames.FAILED, frames.PASSED]


def test_nothing_but_an_exception_class_is_expected_to_be_raised() -> None:
    source = "StackEmpty = object\ndef f(): return 1"
    tests = "import pytest\nfrom program import f, StackEmpty\ndef test_f():\n    with pytest.raises(StackEmpty):\n"
    assert not judge(source, tests + "        assert f() == 2").passed


def test_an_interrupt_by_the_tests_is_the_programs_to_catch() -> None:
    source = """
def ask():
    try: return input()
    except KeyboardInterrupt: return "bye"
def run(callback):
    try: callback()
    except SystemExit as error: return error.code
"""
    tests = """
from unittest.mock import patch
import sys
def test_ask():
    with patch("builtins.input", side_effect=KeyboardInterrupt): assert ask() == "bye"
def test_run(): assert run(lambda: sys.exit(3)) == 3
"""
    told = judge(source, tests)
    assert told.passed, told.results


def test_objects_that_raise_when_they_are_looked_at() -> None:
    told = judge(SHY, "def test_f():\n    f()\ndef test_g():\n    assert g('shy') == 1\ndef test_h():\n    g('odd')")
    assert [kind for _, kind, _ in told.results[:2]] == [frames.EXCEPTION, frames.WRONG_ANSWER]
    assert judge(SHY, "try:\n    f()\nexcept Shy:\n    pass").passed
    for check in ("g('class')", "Odd", "odd", "shy"):
        assert judge(SHY, f"def test_f():\n    {check}\n    g(1)").results, check


@pytest.mark.parametrize(
    ("end", "kind", "code"), [("os._exit(3)", frames.EXITED, 3), ("os.abort()", frames.SIGNALED, 6)]
)
def test_a_program_that_is_gone_ends_the_job(end: str, kind: int, code: int) -> None:
    with pytest.raises(ProgramGoneError) as caught:
        judge(f"import os\ndef f(): {end}\n", "try:\n    f()\nexcept BaseException:\n    pass\n")
    assert (caught.value.kind, caught.value.code) == (kind, code)


RECORDERS = """
import unittest
from unittest.mock import Mock


class Recorder:
    limit = 3

    def __init__(self):
        self.seen, self.callback, self.listener = [], None, len

    def total(self):
        return sum(self.seen)


class Slots:
    __slots__ = ("value",)


mock, recorder, slots = Mock(), Recorder(), Slots()
"""


@pytest.mark.parametrize(
    ("program", "tests"),
    [
        (
            "def f(cb): cb.assert_called_once_with = lambda *a: None",
            "f(mock)\nmock.assert_called_once_with(3)",
        ),
        ("def f(cb): cb.child.assert_called_once_with = print", "f(mock)\nmock.child.assert_called_once_with(3)"),
        ("def f(cb): cb.call_count = 1", "f(mock)\nassert mock.call_count == 1"),
        ("def f(cb): cb.call_args = ((3,), {})", "f(mock)\nmock.assert_called_with(3)"),
        ("def f(cb): cb.verify = lambda: True", "f(mock)\nassert mock.verify() is True"),
        ("def f(r): r.total = lambda: 6", "f(recorder)\nassert recorder.total() == 6"),
        ("def f(r): r.listener = lambda x: 6", "f(recorder)\nassert recorder.listener([]) == 6"),
        (
            "def f(t):\n    t.assertEqual = print\n    return 1",
            "class T(unittest.TestCase):\n    def test_a(self): self.assertEqual(f(self), 2)",
        ),
        (
            "def f(t):\n    try: t.failureException = KeyError\n    except BaseException: pass\n    return 1",
            "class T(unittest.TestCase):\n    def test_a(self):\n        f(self)",
        ),
    ],
)
def test_a_program_does_not_change_how_an_object_of_the_tests_works(program: str, tests: str) -> None:
    told = judge(program, RECORDERS + tests)
    assert not told.passed
    # What it raises for that is the program's exception; caught, it still is no pass.
    assert told.results[0][1] == (frames.UNSUPPORTED_VALUE if "except" in program else frames.EXCEPTION)


def test_a_program_may_change_what_an_object_of_the_tests_holds() -> None:
    program = """
def f(r, s, m):
    r.seen = [1, 2]
    r.limit = 4
    r.callback = lambda: 7
    r.new = 5
    s.value = 8
    m.timeout = 9
"""
    tests = """
f(recorder, slots, mock)
assert recorder.total() == 3 and recorder.limit == 4 and recorder.callback() == 7 and recorder.new == 5
assert slots.value == 8 and mock.timeout == 9
"""
    assert judge(program, RECORDERS + tests).passed


def test_no_number_is_asked_for_in_the_middle_of_an_answer() -> None:
    # What `encode` writes of a range, with an object of the program in the place of its start.
    program = """
class Number:
    def __index__(self): return 1
class Range:
    pass
import sys
def f():
    # Found by its names, since a program that looks for it can find it.
    import gc
    encoder = next(o for o in gc.get_objects() if getattr(o, "__name__", "") == "sandbox.guest.values")
    encoder._CONTAINERS = ((Range, b"r", lambda value: [Number(), 3, 1]), *encoder._CONTAINERS)
    return Range()
"""
    with pytest.raises(ViolationError, match="a range of other things"):
        judge(program, "f()\nassert f")
