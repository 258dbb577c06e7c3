"""Which checks are in a test source: functions and classes, as pytest and unittest find them.

Only what the tests themselves define is looked at. What a function or a method is marked with was written by them, too.
What looks like a check and could not be run as its author means it is an error of the tests, never left out.
"""

from __future__ import annotations

import builtins
import sys
import types

from sandbox.guest.places import (
    CasePlace,
    CollectionError,
    Place,
    Shared,
    SkippedError,
    Tests,
    around,
    around_all,
    around_class,
    is_remote,
)
from sandbox.guest.source import FILE_NAME, Source
from sandbox.guest.values import UnsupportedValueError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from sandbox.guest.places import Check
    from sandbox.guest.source import Decorated

_GENERATORS = 0x20 | 0x200
"""Flags of code: generators, also asynchronous ones."""
_COROUTINES = 0x80 | 0x100


def may_hold_checks(name: str) -> bool:
    """Tell whether something of this name is looked at for checks."""
    return name.startswith(("test", "Test"))


def checks_in(namespace: dict[str, Any], before: dict[str, Any], source: bytes) -> list[Check]:
    """List the checks of a test source, in the order in which they were written.

    Args:
        namespace: What is in it now.
        before: What was in it before; not the tests' own.
        source: The source.

    Raises:
        CollectionError: What looks like a check could not be run, and would pass by that.
    """
    own = {name: value for name, value in namespace.items() if name not in before or before[name] is not value}
    tests = Tests(Source(source), own)
    for one in tests.source.decorated() if b"@" in source else ():
        _look_at_decorated(one, namespace, own)
    found: list[Check] = []
    for name, value in own.items():
        if isinstance(value, type) and not is_remote(value):
            if value.__module__ != namespace["__name__"]:
                continue
            if _is_test_case(value):
                found += _test_case_checks(value, tests)
            elif name.startswith("Test"):
                found += _class_checks(name, value, tests)
        elif name.startswith("test"):
            if type(value) is types.FunctionType:
                found += _checks_of(name, Place(tests, value))
            else:
                _look_at_no_function(name, value, tests)
    return around_all(found, tests, namespace)


def _look_at_no_function(name: str, value: Any, tests: Tests) -> None:
    """Look at something that is called like a check and is no function of the tests'.

    Raises:
        CollectionError: It was one, or could be meant as one.
        UnsupportedValueError: It was one, until a decorator of the program's got it.
    """
    if not tests.source.uses(name):
        _look_at_no_check(name, value, is_defined=tests.source.defines(name))


def _look_at_no_check(label: str, value: Any, *, is_defined: bool) -> None:
    if is_remote(value) or not callable(value):
        if is_defined:
            raise UnsupportedValueError(f"{label} is a check no more, since it was decorated: it would not be run")
    else:
        raise CollectionError(f"{label} is no plain function of the tests' (any more): it would not be run")


def _look_at_decorated(one: Decorated, namespace: dict[str, Any], own: dict[str, Any]) -> None:
    """Look whether a decorator of the program's has left what the tests have written.

    Raises:
        UnsupportedValueError: It is something else by now: it would not be run, or as the program likes.
    """
    if not any(_is_of_program(namespace, name) for name in one.decorators):
        return
    found: Any = own.get(one.path[0])
    for name in one.path[1:]:
        found = vars(found).get(name) if isinstance(found, type) and not is_remote(found) else None
    found = getattr(found, "__func__", found) if isinstance(found, (staticmethod, classmethod)) else found
    is_itself = False
    if type(found) is types.FunctionType:
        code = found.__code__
        is_here = code.co_filename == FILE_NAME and one.lines[0] <= code.co_firstlineno <= one.lines[1]
        is_itself = is_here and code.co_name == one.path[-1]
    elif isinstance(found, type) and not is_remote(found):
        is_itself = (found.__module__, found.__qualname__) == (namespace["__name__"], ".".join(one.path))
    if not is_itself:
        raise UnsupportedValueError(f"{'.'.join(one.path)} is what a decorator of the program has made of it")


def _is_of_program(namespace: dict[str, Any], name: str) -> bool:
    if name not in namespace:
        return name != "" and not hasattr(builtins, name)
    value = dict.__getitem__(namespace, name)
    return is_remote(value) or getattr(type(value), "_sandbox_is_program", False) is True


def _checks_of(label: str, place: Place, *, bound: int = 0) -> Iterator[Check]:
    """Yield the checks that a function stands for.

    Args:
        label: What the check is called.
        place: Where it was written.
        bound: How many of its arguments come with its object.
    """
    function = place.function
    if "_sandbox_fixture" in function.__dict__ or not function.__dict__.get("__test__", True):
        return
    code = function.__code__
    may_be_helper = place.kind is None
    if code.co_flags & _GENERATORS:
        if may_be_helper and place.tests.source.uses(label):
            return
        raise CollectionError(f"{label} yields: nothing in it would be run")
    is_plain = code.co_argcount + code.co_kwonlyargcount <= bound and not hasattr(function, "__wrapped__")
    if is_plain and not _has_pytest():
        yield label, place.run
        return
    fixtures = _fixtures()
    wanted = fixtures.wanted_by(function)[bound:]
    missing = fixtures.missing(place, wanted)
    if not missing:
        yield from fixtures.cases_of(label, place, wanted)
    elif not (may_be_helper and place.tests.source.uses(label)) or missing[0] in fixtures.OF_PYTEST:
        raise CollectionError(f"{label} wants {missing[0]!r}, which is no fixture here")


def _has_pytest() -> bool:
    return hasattr(sys.modules.get("pytest"), "provided_by_sandbox")


def _fixtures() -> Any:
    if _has_pytest():
        return sys.modules["pytest"].provided_by_sandbox
    # 30 ms that only tests with such functions pay.
    return __import__("sandbox.guest.fixtures", fromlist=["*"])


def _is_test_case(kind: type) -> bool:
    unittest = sys.modules.get("unittest")
    return unittest is not None and issubclass(kind, unittest.TestCase)


def _test_case_checks(kind: Any, tests: Tests) -> Iterator[Check]:
    named = {name: getattr(kind, name) for name in dir(kind) if name.startswith("test")}
    data = {name for name, value in named.items() if is_remote(value) or not callable(value)}
    for name in data:
        _look_at_no_check(f"{kind.__qualname__}.{name}", named[name], is_defined=tests.source.has_method(name))
    names = [name for name in __import__("unittest").TestLoader().getTestCaseNames(kind) if name not in data]
    if not names and hasattr(kind, "runTest"):
        names = ["runTest"]
    asynchronous = getattr(sys.modules.get("unittest.async_case"), "IsolatedAsyncioTestCase", ())
    shared = Shared()
    found: list[Check] = []
    for name in names:
        label, method = f"{kind.__name__}.{name}", getattr(kind, name)
        flags = getattr(getattr(method, "__code__", None), "co_flags", 0)
        is_wrong = flags & _GENERATORS or (flags & _COROUTINES and not issubclass(kind, asynchronous))
        if is_wrong:
            raise CollectionError(f"{label} is no plain function: unittest would not run it")
        place = CasePlace(tests, method, kind, name, shared)
        if not _has_pytest():
            found.append((label, place.run))
            continue
        # pytest runs them with what it has for all checks.
        fixtures = _fixtures()
        if missing := fixtures.missing(place, []):
            raise CollectionError(f"{label} wants {missing[0]!r}, which is no fixture here")
        found += fixtures.cases_of(label, place, [])

    def take_down() -> None:
        kind.tearDownClass()
        kind.doClassCleanups()
        if kind.tearDown_exceptions:
            raise kind.tearDown_exceptions[0][1]

    found = around(found, lambda: None, shared.undo)
    yield from around(found, kind.setUpClass, take_down)


def _class_checks(label: str, kind: Any, tests: Tests) -> Iterator[Check]:
    methods = _methods(kind, tests)
    if not getattr(kind, "__test__", True):
        return
    if methods and kind.__init__ is not object.__init__:
        if tests.source.uses(label):
            return
        raise CollectionError(f"{label} has checks, and an __init__, so that pytest would not run them")
    shared = Shared()
    found: list[Check] = []
    for name, method in methods.items():
        place = Place(tests, getattr(method, "__func__", method), kind, name, shared)
        found += _checks_of(f"{label}.{name}", place, bound=0 if type(method) is staticmethod else 1)
    yield from around_class(found, kind, shared)
    for name, value in vars(kind).items():
        is_inside = isinstance(value, type) and value.__qualname__ == f"{kind.__qualname__}.{name}"
        if is_inside and name.startswith("Test"):
            inner = list(_class_checks(f"{label}.{name}", value, tests))
            if inner and _has_more_for_checks(kind):
                raise CollectionError(f"{label} has fixtures, marks or hooks, which {name} in it would not get")
            yield from inner


def _has_more_for_checks(kind: Any) -> bool:
    names = ("setup_class", "teardown_class", "pytestmark", "_sandbox_marks")
    return any(hasattr(kind, name) for name in names) or any(
        hasattr(getattr(value, "__func__", value), "_sandbox_fixture")
        for base in kind.__mro__
        for value in vars(base).values()
        if isinstance(value, (types.FunctionType, staticmethod, classmethod))
    )


def _methods(kind: type, tests: Tests) -> dict[str, Any]:
    """Return a class's checks by name, inherited ones too.

    Raises:
        CollectionError: One is no plain function any more.
        UnsupportedValueError: Likewise, because of the program.
    """
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        found |= {name: value for name, value in vars(base).items() if name.startswith("test")}
    kinds = (types.FunctionType, staticmethod, classmethod)
    for name, value in found.items():
        if not isinstance(value, kinds) and not (isinstance(value, type) and not is_remote(value)):
            _look_at_no_check(f"{kind.__qualname__}.{name}", value, is_defined=tests.source.has_method(name))
    return {name: value for name, value in found.items() if isinstance(value, kinds)}


def is_skip(error: BaseException) -> bool:
    """Tell whether an exception of the tests' says that a check is not to be run. One of the program's never does."""
    if "raised_by_program" in error.__dict__:
        return False
    skip = getattr(sys.modules.get("unittest"), "SkipTest", None)
    return isinstance(error, SkippedError) or (isinstance(skip, type) and isinstance(error, skip))
