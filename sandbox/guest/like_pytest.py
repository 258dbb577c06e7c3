"""What `import pytest` gives to tests where pytest is not installed: the part of it that needs no plugins.

`raises`, `warns`, `approx`, `param`, `fixture`, `skip`, `fail`, `importorskip`, `MonkeyPatch`; `mark` with
`parametrize`, `skip`, `skipif` and `usefixtures`; and the fixtures `request`, `caplog`, `capsys`, `monkeypatch` and
`tmp_path`. Anything else is not there, and tests that want it are told so before they run.
"""

from __future__ import annotations

import math
import sys
import types

from sandbox.guest import fixtures
from sandbox.guest.fixtures import CaptureFixture, MonkeyPatch, Param, Request, make_fixture
from sandbox.guest.log_capture import LogCaptureFixture
from sandbox.guest.marking import Marks
from sandbox.guest.places import SkippedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

__all__ = [
    "CaptureFixture", "FixtureRequest", "LogCaptureFixture", "MonkeyPatch", "approx", "fail", "fixture",
    "importorskip", "mark", "param", "raises", "skip", "warns",
]  # fmt: skip

FixtureRequest = Request


class Failed(AssertionError):  # noqa: N818 (pytest's name for it)
    """What `fail` raises, and `raises` when nothing was raised."""


def fail(reason: str = "", pytrace: bool = True) -> NoReturn:
    """Fail the check."""
    raise Failed(reason)


def skip(reason: str = "", *, allow_module_level: bool = False) -> NoReturn:
    """Leave the check out. It is counted as skipped."""
    raise SkippedError(reason)


class _Raises:
    """The context of `raises`; has the exception afterwards."""

    def __init__(self, expected: Any, match: str | None) -> None:
        several = expected if type(expected) is tuple else (expected,)
        if not several or not all(isinstance(one, type) and issubclass(one, BaseException) for one in several):
            raise TypeError(f"expected an exception type, not {expected!r}")
        self.expected = expected
        self.match_text = match
        self.value: Any = None
        self.type: Any = None

    def __enter__(self) -> _Raises:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if error is None:
            fail(f"DID NOT RAISE {self.expected}")
        if not isinstance(error, self.expected):
            return False
        self.value, self.type = error, kind
        if self.match_text is not None:
            self.match(self.match_text)
        return True

    def match(self, pattern: str) -> bool:
        """Fail unless the exception's text has the pattern."""
        import re  # noqa: PLC0415

        if re.search(pattern, str(self.value)) is None:
            fail(f"{pattern!r} is not in {str(self.value)!r}")
        return True


def raises(expected: Any, *args: Any, match: str | None = None, **kwargs: Any) -> Any:
    """Expect an exception: of what is in the context, or of calling the first argument with the others."""
    context = _Raises(expected, match)
    if not args:
        return context
    with context:
        args[0](*args[1:], **kwargs)
    return context


class _Warns:
    """The context of `warns`; a list of what was warned of."""

    def __init__(self, expected: Any, match: str | None) -> None:
        self._expected = expected
        self._match = match
        self._caught = __import__("warnings").catch_warnings(record=True)
        self._list: list[Any] = []

    def __enter__(self) -> list[Any]:
        self._list = self._caught.__enter__()
        __import__("warnings").simplefilter("always")
        return self._list

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._caught.__exit__(kind, error, trace)
        if error is None and not any(map(self._is_expected, self._list)):
            fail(f"DID NOT WARN of {self._expected}: {[str(one.message) for one in self._list]}")

    def _is_expected(self, warned: Any) -> bool:
        text = str(warned.message)
        is_match = self._match is None or __import__("re").search(self._match, text) is not None
        return issubclass(warned.category, self._expected) and is_match


def warns(expected: Any = Warning, *args: Any, match: str | None = None, **kwargs: Any) -> Any:
    """Expect a warning: within the context, or of calling the first argument with the others."""
    context = _Warns(expected, match)
    if not args:
        return context
    with context:
        return args[0](*args[1:], **kwargs)


class approx:  # noqa: N801 (pytest's name)
    """A number, or a list, tuple or dictionary of numbers, that is equal to what is near."""

    __hash__ = None  # type: ignore[assignment]
    __array_ufunc__ = None

    def __init__(self, expected: Any, rel: float | None = None, abs: float | None = None, nan_ok: bool = False) -> None:  # noqa: A002
        self.expected = expected
        self._rel = 1e-6 if rel is None and abs is None else (rel or 0.0)
        self._abs = 1e-12 if abs is None else abs
        self._nan_ok = nan_ok

    def __eq__(self, actual: object) -> bool:
        return self._near(actual, self.expected)

    def __ne__(self, actual: object) -> bool:
        return not self == actual

    def __repr__(self) -> str:
        return f"approx({self.expected!r})"

    def _near(self, actual: Any, expected: Any) -> bool:
        if isinstance(expected, dict):
            return (
                isinstance(actual, dict)
                and actual.keys() == expected.keys()
                and all(self._near(actual[key], value) for key, value in expected.items())
            )
        if isinstance(expected, (list, tuple)):
            return (
                isinstance(actual, (list, tuple))
                and len(actual) == len(expected)
                and all(map(self._near, actual, expected))
            )
        return self._near_number(actual, expected)

    def _near_number(self, actual: Any, expected: Any) -> bool:
        if actual == expected:
            return True
        try:
            if math.isnan(expected):
                return self._nan_ok and math.isnan(actual)
            # As pytest: the larger of both tolerances, and infinity is near to nothing else.
            tolerance = max(self._rel * abs(expected), self._abs)
            return abs(expected) != float("inf") and bool(abs(actual - expected) <= tolerance)
        except TypeError:
            return False


mark = Marks()


def param(*values: Any, id: str | None = None, marks: Any = ()) -> Param:  # noqa: A002
    """Give one set of arguments a name, or marks."""
    return Param(values, marks)


def fixture(function: Any = None, **settings: Any) -> Any:
    """Make a function a fixture: checks that have an argument of its name get what it returns or yields.

    Raises:
        TypeError: It is no function of the tests'.
    """
    if function is None:
        return lambda function: fixture(function, **settings)
    if type(function) is not types.FunctionType:
        raise TypeError("a fixture has to be a function that the tests define")
    make_fixture(function, settings)
    return function


def importorskip(name: str, **_: Any) -> Any:
    """Import a module; leave the check out where there is none."""
    try:
        __import__(name)
    except ImportError as error:
        skip(f"no module {name!r}: {error}")
    return sys.modules[name]


provided_by_sandbox = fixtures
"""That this is not pytest itself, and where its fixtures are: nobody can import them once the agent is forgotten."""
