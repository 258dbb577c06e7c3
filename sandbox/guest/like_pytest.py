"""What `import pytest` gives to tests where pytest is not installed: the part of it that needs no plugins.

`raises`, `approx`, `mark.parametrize`, `mark.skip`, `mark.skipif`, `fixture`, `skip`, `fail`; and the fixtures
`capsys`, `monkeypatch` and `tmp_path`. Fixtures are made anew for each check. Anything else is not there, and says so.
"""

from __future__ import annotations

import inspect
import math
import sys
from typing import NamedTuple

from sandbox.guest.collecting import SkippedError, finish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, NoReturn

_ABSENT = object()


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


class _Mark:
    """`pytest.mark`: some marks mean something here, all others are kept and mean nothing."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def mark(*args: Any, **kwargs: Any) -> Any:
            if name not in _MARKS and len(args) == 1 and not kwargs and callable(args[0]):
                return args[0]
            if name in {"skip", "xfail"} and len(args) == 1 and callable(args[0]):
                return _marked(args[0], name, (), {})
            return lambda function: _marked(function, name, args, kwargs)

        return mark


_MARKS = frozenset({"parametrize", "skip", "skipif", "xfail"})


def _marked(function: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    function.__dict__.setdefault("_sandbox_marks", []).append((name, args, kwargs))
    return function


mark = _Mark()


class _Param:
    def __init__(self, values: tuple[Any, ...], id: str | None) -> None:  # noqa: A002
        self.values = values
        self.id = id


def param(*values: Any, id: str | None = None, marks: Any = ()) -> _Param:  # noqa: A002
    """Give one set of arguments a name."""
    return _Param(values, id)


def fixture(function: Any = None, **_: Any) -> Any:
    """Make a function a fixture: checks that have an argument of its name get what it returns or yields."""
    if function is None:
        return fixture
    function.__dict__["_sandbox_is_fixture"] = True
    return function


# What is not pytest's.


def wanted_by(function: Any) -> list[str]:
    """Return the names of the arguments that a check has to be given: those without a default, and not by `patch`."""
    parameters = inspect.signature(function).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    names = [each.name for each in parameters if each.kind in kinds and each.default is each.empty]
    default = getattr(sys.modules.get("unittest.mock"), "DEFAULT", None)
    patched = [one for one in getattr(function, "patchings", ()) if one.new is default and not one.attribute_name]
    # Those of a method come after its object.
    first = 1 if names[:1] == ["self"] else 0
    return names[:first] + names[first + len(patched) :]


def missing(function: Any, wanted: list[str], namespace: dict[str, Any]) -> list[str]:
    """Return the arguments that no mark and no fixture has for a check."""
    marks = function.__dict__.get("_sandbox_marks", [])
    chosen = {key for kind, args, _ in marks if kind == "parametrize" for key in _keys(args[0])}
    return [name for name in wanted if name not in chosen and name not in _FIXTURES and not _fixture(namespace, name)]


def _fixture(namespace: dict[str, Any], name: str) -> Any:
    # Not by []: a name that the tests do not define would be the program's.
    function = dict.get(namespace, name)
    return function if getattr(function, "_sandbox_is_fixture", False) else None


def cases_of(
    name: str, function: Any, namespace: dict[str, Any], *, call: Callable[..., Any], wanted: list[str]
) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield the checks that a function stands for: one, or one for each set of arguments.

    Args:
        name: What it is called.
        function: The function.
        namespace: Of the tests.
        call: Calls it.
        wanted: The arguments that it has to be given.
    """
    marks = function.__dict__.get("_sandbox_marks", [])
    choices = _choices([args for kind, args, _ in marks if kind == "parametrize"])
    if not choices:
        yield name, lambda: skip("there is nothing to choose its arguments from")
    for place, chosen in enumerate(choices):
        label = f"{name}[{place}]" if chosen else name
        yield label, _bound(call, {key: chosen.get(key, _ABSENT) for key in [*wanted, *chosen]}, marks, namespace)


def _bound(
    call: Callable[..., Any], arguments: dict[str, Any], marks: list[Any], namespace: dict[str, Any]
) -> Callable[[], None]:
    return lambda: _run(call, arguments, marks, namespace)


def _keys(names: Any) -> list[str]:
    return [key.strip() for key in names.split(",")] if isinstance(names, str) else list(names)


def _choices(parametrized: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    choices: list[dict[str, Any]] = [{}]
    # The mark nearest to the function varies slowest.
    for names, rows, *_ in parametrized:
        keys = _keys(names)
        rows_here = [_values(row, len(keys)) for row in rows]
        choices = [{**choice, **dict(zip(keys, row, strict=True))} for choice in choices for row in rows_here]
    return choices


def _values(row: Any, width: int) -> tuple[Any, ...]:
    if isinstance(row, _Param):
        return row.values
    return tuple(row) if width > 1 else (row,)


def _run(call: Callable[..., Any], arguments: dict[str, Any], marks: list[Any], namespace: dict[str, Any]) -> None:
    for kind, args, kwargs in marks:
        if kind == "skip" or (kind == "skipif" and args and args[0]):
            skip(str(kwargs.get("reason", "")))
    made = _Made(namespace)
    try:
        given = {name: made.get(name) if value is _ABSENT else value for name, value in arguments.items()}
        finish(call(**given))
    finally:
        made.undo()


class _Made:
    """The fixtures of one check."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._values: dict[str, Any] = {}
        self._undo: list[Callable[[], Any]] = []

    def get(self, name: str) -> Any:
        """Return a fixture's value, made once for each check."""
        if name not in self._values:
            self._values[name] = self._make(name)
        return self._values[name]

    def _make(self, name: str) -> Any:
        function = _fixture(self._namespace, name)
        if function is not None:
            value = function(**{needed: self.get(needed) for needed in inspect.signature(function).parameters})
            if not inspect.isgenerator(value):
                return value
            self._undo.append(lambda: next(value, None))
            return next(value)
        builtin = _FIXTURES.get(name)
        if builtin is None:
            raise LookupError(f"fixture {name!r} not found")
        value = builtin()
        self._undo.append(value.undo)
        return value.shown

    def undo(self) -> None:
        """Take down what was set up, the last first."""
        while self._undo:
            self._undo.pop()()


class CaptureResult(NamedTuple):
    """What was printed."""

    out: str
    err: str


class _Capsys:
    """`capsys`: what was printed since it was last read."""

    def __init__(self) -> None:
        self.shown = self
        self._before = sys.stdout, sys.stderr
        self._streams = self._new()

    def _new(self) -> tuple[Any, Any]:
        import io  # noqa: PLC0415

        sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
        return sys.stdout, sys.stderr

    def readouterr(self) -> Any:
        """Return what was printed to both streams, and begin anew."""
        out, err = (stream.getvalue() for stream in self._streams)
        self._streams = self._new()
        return CaptureResult(out, err)

    def undo(self) -> None:
        sys.stdout, sys.stderr = self._before


class _MonkeyPatch:
    """`monkeypatch`: changes that are taken back after the check."""

    def __init__(self) -> None:
        self.shown = self
        self._back: list[Callable[[], Any]] = []

    def setattr(self, target: Any, name: Any, value: Any = _ABSENT, raising: bool = True) -> None:
        """Set an attribute: of an object, or of a module by its dotted name."""
        if value is _ABSENT:
            module, _, attribute = target.rpartition(".")
            target, name, value = __import__(module, fromlist=["*"]), attribute, name
        before = getattr(target, name, _ABSENT)
        if before is _ABSENT and raising:
            raise AttributeError(name)
        self._back.append(
            (lambda: delattr(target, name)) if before is _ABSENT else (lambda: setattr(target, name, before))
        )
        setattr(target, name, value)

    def setitem(self, target: Any, name: Any, value: Any) -> None:
        """Set an item."""
        before = target.get(name, _ABSENT)
        self._back.append(
            (lambda: target.pop(name)) if before is _ABSENT else (lambda: target.__setitem__(name, before))
        )
        target[name] = value

    def setenv(self, name: str, value: str) -> None:
        """Set a variable of the tests' own environment."""
        import os  # noqa: PLC0415

        self.setitem(os.environ, name, value)

    def undo(self) -> None:
        """Take everything back."""
        while self._back:
            self._back.pop()()


class _TmpPath:
    """`tmp_path`: a folder of the tests' own."""

    def __init__(self) -> None:
        import pathlib  # noqa: PLC0415
        import tempfile  # noqa: PLC0415

        self._folder = tempfile.TemporaryDirectory()
        self.shown = pathlib.Path(self._folder.name)

    def undo(self) -> None:
        self._folder.cleanup()


_FIXTURES: dict[str, Callable[[], Any]] = {"capsys": _Capsys, "monkeypatch": _MonkeyPatch, "tmp_path": _TmpPath}
