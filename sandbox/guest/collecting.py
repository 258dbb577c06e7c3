"""Which checks are in a test source: functions and classes, as pytest and unittest find them.

Only what the tests themselves define is looked at. What a function or a method is marked with was written by them, too.
"""

from __future__ import annotations

import _ast
import sys
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Check = tuple[str, Callable[[], Any]]
    """A name for people, and what to run."""


class SkippedError(Exception):
    """A check that its author does not want to be run. Counted, and no pass."""


class CollectionError(Exception):
    """What looks like a check and would never be run."""


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
    found: list[Check] = []
    for name, value in list(namespace.items()):
        if before.get(name) is value:
            continue
        if type(value) is types.FunctionType and name.startswith("test"):
            found += _checks_of(name, value, namespace, source)
        elif isinstance(value, type) and value.__module__ == namespace["__name__"]:
            if _is_test_case(value):
                found += _test_case_checks(value)
            elif name.startswith("Test"):
                found += _class_checks(name, value, namespace, source)
    return found


def finish(result: Any) -> None:
    """Run to its end what a check has returned, if there is something to be run.

    Raises:
        RuntimeError: It is a generator, of which nothing has been run.
    """
    if type(result) is types.CoroutineType:
        __import__("asyncio").run(result)
    elif type(result) in {types.GeneratorType, types.AsyncGeneratorType}:
        raise RuntimeError("a check that yields has checked nothing")


def _checks_of(
    label: str, function: Any, namespace: dict[str, Any], source: bytes, *, call: Any = None, bound: int = 0
) -> Iterator[Check]:
    """Yield the checks that a function stands for.

    Args:
        label: What the check is called.
        function: The function.
        namespace: Of the tests.
        source: Of the tests.
        call: Calls it, with its arguments by name.
        bound: How many of its arguments come with its object.
    """
    if "_sandbox_is_fixture" in function.__dict__ or not function.__dict__.get("__test__", True):
        return
    code = function.__code__
    may_be_helper = call is None
    if code.co_flags & _GENERATORS:
        if may_be_helper and _is_used(label, source):
            return
        raise CollectionError(f"{label} yields: nothing in it would be run")
    call = call or function
    like_pytest: Any = sys.modules.get("pytest")
    if not hasattr(like_pytest, "cases_of"):
        if code.co_argcount + code.co_kwonlyargcount <= bound and not hasattr(function, "__wrapped__"):
            yield label, lambda: finish(call())
            return
        # 30 ms that only tests with such functions pay.
        like_pytest = __import__("sandbox.guest.like_pytest", fromlist=["*"])
    wanted = like_pytest.wanted_by(function)[bound:]
    missing = like_pytest.missing(function, wanted, namespace)
    if not missing:
        yield from like_pytest.cases_of(label, function, namespace, call=call, wanted=wanted)
    elif not (may_be_helper and _is_used(label, source)):
        raise CollectionError(f"{label} wants {missing[0]!r}, which is no fixture")


def _is_test_case(kind: type) -> bool:
    unittest = sys.modules.get("unittest")
    return unittest is not None and issubclass(kind, unittest.TestCase)


def _test_case_checks(kind: Any) -> Iterator[Check]:
    names = __import__("unittest").TestLoader().getTestCaseNames(kind)
    if not names and hasattr(kind, "runTest"):
        names = ["runTest"]
    asynchronous = getattr(sys.modules.get("unittest.async_case"), "IsolatedAsyncioTestCase", ())
    for name in names:
        flags = getattr(getattr(getattr(kind, name), "__code__", None), "co_flags", 0)
        if flags & _GENERATORS or (flags & _COROUTINES and not issubclass(kind, asynchronous)):
            raise CollectionError(f"{kind.__name__}.{name} is no plain function: unittest would not run it")
    state = {"ready": False, "left": len(names)}

    def run(name: str) -> None:
        state["left"] -= 1
        if not state["ready"]:
            kind.setUpClass()
            state["ready"] = True
        # Unlike run(), this lets everything out that a test raises, skips too.
        kind(name).debug()
        if not state["left"]:
            kind.tearDownClass()
            kind.doClassCleanups()

    for name in names:
        yield f"{kind.__name__}.{name}", _bound(run, name)


def _bound(run: Callable[[str], None], name: str) -> Callable[[], None]:
    return lambda: run(name)


def _is_used(name: str, source: bytes) -> bool:
    """Tell whether a test source uses what it has defined by a name: then it is a helper, and no check."""
    nodes: list[Any] = [compile(source, "tests.py", "exec", _ast.PyCF_ONLY_AST, dont_inherit=True)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, _ast.Name) and node.id == name and isinstance(node.ctx, _ast.Load):
            return True
        for field in node._fields:
            value = getattr(node, field, None)
            parts = value if isinstance(value, list) else [value]
            nodes += [part for part in parts if isinstance(part, _ast.AST)]
    return False


def _class_checks(label: str, kind: Any, namespace: dict[str, Any], source: bytes) -> Iterator[Check]:
    methods = _methods(kind)
    if not getattr(kind, "__test__", True):
        return
    if methods and kind.__init__ is not object.__init__:
        if _is_used(label, source):
            return
        raise CollectionError(f"{label} has checks, and an __init__, so that pytest would not run them")
    for name, method in methods.items():

        def of_one(*args: Any, name: str = name, **kwargs: Any) -> None:
            one = kind()
            getattr(one, "setup_method", lambda *_: None)(*_wanted(one, "setup_method", name))
            try:
                finish(getattr(one, name)(*args, **kwargs))
            finally:
                getattr(one, "teardown_method", lambda *_: None)(*_wanted(one, "teardown_method", name))

        function = getattr(method, "__func__", method)
        bound = 0 if type(method) is staticmethod else 1
        yield from _checks_of(f"{label}.{name}", function, namespace, source, call=of_one, bound=bound)
    for name, value in vars(kind).items():
        is_inside = isinstance(value, type) and value.__qualname__ == f"{kind.__qualname__}.{name}"
        if is_inside and name.startswith("Test"):
            yield from _class_checks(f"{label}.{name}", value, namespace, source)


def _methods(kind: type) -> dict[str, Any]:
    """Return a class's checks by name, inherited ones too."""
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        found |= {name: value for name, value in vars(base).items() if name.startswith("test")}
    kinds = (types.FunctionType, staticmethod, classmethod)
    return {name: value for name, value in found.items() if isinstance(value, kinds)}


def _wanted(one: Any, hook: str, name: str) -> tuple[Any, ...]:
    """Return what a hook takes: nothing, or the method that it is for."""
    method = getattr(type(one), hook, None)
    return (getattr(one, name),) if method is not None and method.__code__.co_argcount > 1 else ()


def is_skip(error: BaseException) -> bool:
    """Tell whether an exception of the tests' says that a check is not to be run. One of the program's never does."""
    if "raised_by_program" in error.__dict__:
        return False
    skip = getattr(sys.modules.get("unittest"), "SkipTest", None)
    return isinstance(error, SkippedError) or (isinstance(skip, type) and isinstance(error, skip))
