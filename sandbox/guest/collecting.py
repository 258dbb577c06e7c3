"""Which checks are in a test source: functions and classes, as pytest and unittest find them.

Only what the tests themselves define is looked at. What a function or a method is marked with was written by them, too.
"""

from __future__ import annotations

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


def checks_in(namespace: dict[str, Any], before: dict[str, Any]) -> list[Check]:
    """List the checks of a test source, in the order in which they were written.

    Args:
        namespace: What is in it now.
        before: What was in it before; not the tests' own.
    """
    found: list[Check] = []
    for name, value in list(namespace.items()):
        if before.get(name) is value:
            continue
        if type(value) is types.FunctionType and name.startswith("test"):
            found += _function_checks(name, value, namespace)
        elif isinstance(value, type) and value.__module__ == namespace["__name__"]:
            if _is_test_case(value):
                found += _test_case_checks(value)
            elif name.startswith("Test") and "__init__" not in value.__dict__:
                found += _class_checks(value, namespace)
    return found


def _function_checks(name: str, function: Any, namespace: dict[str, Any]) -> Iterator[Check]:
    if not name.startswith("test_"):
        return
    like_pytest = sys.modules.get("pytest")
    if like_pytest is not None and hasattr(like_pytest, "cases_of"):
        yield from like_pytest.cases_of(name, function, namespace)
        return
    import inspect  # noqa: PLC0415 (20 ms that only tests with such functions pay)

    if not inspect.signature(function).parameters:
        yield name, function


def _is_test_case(kind: type) -> bool:
    unittest = sys.modules.get("unittest")
    return unittest is not None and issubclass(kind, unittest.TestCase)


def _test_case_checks(kind: Any) -> Iterator[Check]:
    names = __import__("unittest").TestLoader().getTestCaseNames(kind)
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


def _class_checks(kind: Any, namespace: dict[str, Any]) -> Iterator[Check]:
    for name, method in list(vars(kind).items()):
        if type(method) is not types.FunctionType or not name.startswith("test"):
            continue

        def of_one(*args: Any, name: str = name, **kwargs: Any) -> None:
            one = kind()
            getattr(one, "setup_method", lambda *_: None)(*_wanted(one, "setup_method", name))
            try:
                getattr(one, name)(*args, **kwargs)
            finally:
                getattr(one, "teardown_method", lambda *_: None)(*_wanted(one, "teardown_method", name))

        like_pytest = sys.modules.get("pytest")
        if like_pytest is not None and hasattr(like_pytest, "cases_of"):
            for case, run in like_pytest.cases_of(name, method, namespace, call=of_one):
                yield f"{kind.__name__}.{case}", run
        elif method.__code__.co_argcount == 1:
            yield f"{kind.__name__}.{name}", of_one


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
