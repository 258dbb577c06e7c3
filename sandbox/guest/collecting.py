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


class Place:
    """Where a check was written, and what has to be done around each run of it.

    Attributes:
        own: What the tests have defined, by name.
        function: The check.
        kind: The class that it is a method of, if it is one.
        one: The object of that class that is under way.
    """

    def __init__(self, own: dict[str, Any], function: Any, kind: Any = None, name: str = "") -> None:
        self.own = own
        self.function = function
        self.kind = kind
        self.one: Any = None
        self._name = name

    def begin(self) -> Any:
        """Set up for one run. Returns what to call."""
        if self.kind is None:
            _hook(self.own.get("setup_function"), self.function)
            return self.function
        self.one = self.kind()
        method = getattr(self.one, self._name)
        _hook(getattr(self.one, "setup_method", None), method)
        return method

    def end(self) -> None:
        """Take down what `begin` has set up."""
        if self.kind is None:
            _hook(self.own.get("teardown_function"), self.function)
        else:
            _hook(getattr(self.one, "teardown_method", None), getattr(self.one, self._name))


class _Module:
    """The tests' own module, as hooks get it: its attributes are the names of the source."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        object.__setattr__(self, "_namespace", namespace)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._namespace[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self._namespace[name] = value


def checks_in(namespace: dict[str, Any], before: dict[str, Any], source: bytes) -> list[Check]:
    """List the checks of a test source, in the order in which they were written.

    Args:
        namespace: What is in it now.
        before: What was in it before; not the tests' own.
        source: The source.

    Raises:
        CollectionError: What looks like a check could not be run, and would pass by that.
    """
    own = {name: value for name, value in namespace.items() if before.get(name) is not value}
    found: list[Check] = []
    for name, value in own.items():
        function = _within_partial(value)
        if type(function) is types.FunctionType and name.startswith("test"):
            if function is not value:
                # As its author calls it: with what it holds already.
                found.append((name, _finishing(value)))
            else:
                found += _checks_of(name, Place(own, value), source)
        elif isinstance(value, type) and value.__module__ == namespace["__name__"]:
            if _is_test_case(value):
                found += _test_case_checks(value)
            elif name.startswith("Test"):
                found += _class_checks(name, value, own, source)
    for set_up, take_down in (("setup_module", "teardown_module"), ("setUpModule", "tearDownModule")):
        if set_up in own or take_down in own:
            module = _Module(namespace)
            found = _around(found, _hooking(own.get(set_up), module), _hooking(own.get(take_down), module))
    return found


def _within_partial(value: Any) -> Any:
    partial = getattr(sys.modules.get("functools"), "partial", None)
    return value.func if partial is not None and type(value) is partial else value


def _finishing(call: Callable[[], Any]) -> Callable[[], None]:
    return lambda: finish(call())


def _hook(hook: Any, *given: Any) -> None:
    """Call what the tests want to be called, if there is such a thing, with as much of what there is as it takes."""
    if isinstance(hook, (types.FunctionType, types.MethodType)):
        takes = hook.__code__.co_argcount - isinstance(hook, types.MethodType)
        finish(hook(*given[:takes]))


def _hooking(hook: Any, *given: Any) -> Callable[[], None]:
    return lambda: _hook(hook, *given)


def _around(checks: list[Check], set_up: Callable[[], None], take_down: Callable[[], None]) -> list[Check]:
    """Have something done before the first of some checks, and something else after the last."""
    state = {"ready": False, "left": len(checks)}

    def within(run: Callable[[], Any]) -> None:
        state["left"] -= 1
        if not state["ready"]:
            set_up()
            state["ready"] = True
        run()
        if not state["left"]:
            take_down()

    def bound(run: Callable[[], Any]) -> Callable[[], None]:
        return lambda: within(run)

    return [(name, bound(run)) for name, run in checks]


def finish(result: Any) -> None:
    """Run to its end what a check has returned, if there is something to be run.

    Raises:
        RuntimeError: It is a generator, of which nothing has been run.
    """
    if type(result) is types.CoroutineType:
        __import__("asyncio").run(result)
    elif type(result) in {types.GeneratorType, types.AsyncGeneratorType}:
        raise RuntimeError("a check that yields has checked nothing")


def _checks_of(label: str, place: Place, source: bytes, *, bound: int = 0) -> Iterator[Check]:
    """Yield the checks that a function stands for.

    Args:
        label: What the check is called.
        place: Where it was written.
        source: Of the tests.
        bound: How many of its arguments come with its object.
    """
    function = place.function
    if "_sandbox_fixture" in function.__dict__ or not function.__dict__.get("__test__", True):
        return
    code = function.__code__
    may_be_helper = place.kind is None
    if code.co_flags & _GENERATORS:
        if may_be_helper and _is_used(label, source):
            return
        raise CollectionError(f"{label} yields: nothing in it would be run")
    is_plain = code.co_argcount + code.co_kwonlyargcount <= bound and not hasattr(function, "__wrapped__")
    if is_plain and not hasattr(sys.modules.get("pytest"), "provided_by_sandbox"):
        yield label, lambda: run_once(place)
        return
    # 30 ms that only tests with such functions pay.
    checks: Any = __import__("sandbox.guest.fixtures", fromlist=["*"])
    wanted = checks.wanted_by(function)[bound:]
    missing = checks.missing(place, wanted)
    if not missing:
        yield from checks.cases_of(label, place, wanted)
    elif not (may_be_helper and _is_used(label, source)):
        raise CollectionError(f"{label} wants {missing[0]!r}, which is no fixture")


def run_once(place: Place) -> None:
    """Run a check to its end."""
    call = place.begin()
    try:
        finish(call())
    finally:
        place.end()


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
    marks = _marks_of(kind)

    def run(name: str) -> None:
        for look_at in (*marks, *_marks_of(getattr(kind, name))):
            look_at()
        # Unlike run(), this lets everything out that a test raises, skips too.
        kind(name).debug()

    def take_down() -> None:
        kind.tearDownClass()
        kind.doClassCleanups()

    yield from _around([(f"{kind.__name__}.{name}", _bound(run, name)) for name in names], kind.setUpClass, take_down)


def _bound(run: Callable[[str], None], name: str) -> Callable[[], None]:
    return lambda: run(name)


def _marks_of(marked: Any) -> list[Callable[[], None]]:
    """Return what tells, for each mark of pytest's, that a check of unittest's is not to be run."""
    marking: Any = sys.modules.get("sandbox.guest.marking")
    return [] if marking is None else [mark.look_at for mark in marking.marks_of(marked)]


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


def _class_checks(label: str, kind: Any, own: dict[str, Any], source: bytes) -> Iterator[Check]:
    methods = _methods(kind)
    if not getattr(kind, "__test__", True):
        return
    if methods and kind.__init__ is not object.__init__:
        if _is_used(label, source):
            return
        raise CollectionError(f"{label} has checks, and an __init__, so that pytest would not run them")
    checks: list[Check] = []
    for name, method in methods.items():
        place = Place(own, getattr(method, "__func__", method), kind, name)
        checks += _checks_of(f"{label}.{name}", place, source, bound=0 if type(method) is staticmethod else 1)
    yield from _around(checks, _hooking_class(kind, "setup_class"), _hooking_class(kind, "teardown_class"))
    for name, value in vars(kind).items():
        is_inside = isinstance(value, type) and value.__qualname__ == f"{kind.__qualname__}.{name}"
        if is_inside and name.startswith("Test"):
            yield from _class_checks(f"{label}.{name}", value, own, source)


def _methods(kind: type) -> dict[str, Any]:
    """Return a class's checks by name, inherited ones too."""
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        found |= {name: value for name, value in vars(base).items() if name.startswith("test")}
    kinds = (types.FunctionType, staticmethod, classmethod)
    return {name: value for name, value in found.items() if isinstance(value, kinds)}


def _hooking_class(kind: Any, name: str) -> Callable[[], None]:
    hook = getattr(kind, name, None)
    # One that is no class method is given the class all the same.
    return _hooking(hook, kind)


def is_skip(error: BaseException) -> bool:
    """Tell whether an exception of the tests' says that a check is not to be run. One of the program's never does."""
    if "raised_by_program" in error.__dict__:
        return False
    skip = getattr(sys.modules.get("unittest"), "SkipTest", None)
    return isinstance(error, SkippedError) or (isinstance(skip, type) and isinstance(error, skip))
