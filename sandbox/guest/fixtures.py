"""What checks as for pytest are given: arguments that marks choose, and fixtures, each as often as its scope says."""

from __future__ import annotations

import inspect
import sys
import types
from typing import NamedTuple

from sandbox.guest.log_capture import LogCaptureFixture
from sandbox.guest.marking import Mark, listed, marks_of
from sandbox.guest.places import CasePlace, CollectionError, Shared, SkippedError, finish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from sandbox.guest.places import Check, Place

ABSENT = object()
OF_PYTEST = frozenset({
    "cache", "capfd", "capfdbinary", "capsysbinary", "doctest_namespace", "pytestconfig", "record_property",
    "recwarn", "subtests", "testdir", "tmp_path_factory", "tmpdir", "tmpdir_factory",
})  # fmt: skip
"""Fixtures that are not there."""
_SETTINGS = "_sandbox_fixture"
_REQUEST = "request"
_CLASS, _MODULE = "class", frozenset({"module", "package", "session"})


class Param:
    """One set of arguments, or one parameter of a fixture, that has a name or marks."""

    def __init__(self, values: tuple[Any, ...], marks: Any) -> None:
        self.values = values
        self.marks = listed(marks)


def make_fixture(function: types.FunctionType, settings: dict[str, Any]) -> None:
    """Make a function a fixture.

    Args:
        function: It.
        settings: `autouse`, `name`, `params`, `scope`, as pytest has them; others mean nothing here.
    """
    if settings.get("params") is not None:
        # Looked at for each check that uses it, and may be a generator's.
        settings["params"] = list(settings["params"])
    setattr(function, _SETTINGS, settings)


class _Fixture(NamedTuple):
    """A fixture of the tests'."""

    name: str
    function: Any
    is_method: bool

    @property
    def settings(self) -> dict[str, Any]:
        return self.function.__dict__[_SETTINGS]  # type: ignore[no-any-return]

    @property
    def wanted(self) -> list[str]:
        """The names of its arguments."""
        return wanted_by(self.function)[1 if self.is_method else 0 :]


class _Known:
    """The fixtures that a check may use: its class' own, the source's, and those that come with pytest."""

    def __init__(self, place: Place) -> None:
        self._fixtures: dict[str, list[_Fixture]] = {}
        self._note(place.tests.own, is_method=False)
        for base in reversed(place.kind.__mro__ if place.kind is not None else ()):
            self._note(vars(base), is_method=True)

    def _note(self, names: Any, *, is_method: bool) -> None:
        for name, value in names.items():
            function = getattr(value, "__func__", value) if isinstance(value, (staticmethod, classmethod)) else value
            if type(function) is not types.FunctionType or _SETTINGS not in function.__dict__:
                continue
            if function is not value or inspect.isasyncgenfunction(function) or inspect.iscoroutinefunction(function):
                raise CollectionError(f"the fixture {name!r} is no plain function: nobody would run it")
            found = _Fixture(function.__dict__[_SETTINGS].get("name") or name, function, is_method)
            self._fixtures.setdefault(found.name, []).append(found)

    def find(self, name: str, within: _Fixture | None = None) -> _Fixture | None:
        """Return the fixture of a name, the nearest; to one of the same name, the one that it stands before."""
        several = self._fixtures.get(name, [])
        if within is not None and within.name == name:
            several = several[: several.index(within)]
        return several[-1] if several else None

    def automatic(self, *, of_class: bool) -> list[str]:
        """Return those that nobody has to ask for."""
        nearest = [several[-1] for several in self._fixtures.values()]
        return [one.name for one in nearest if one.settings.get("autouse") and one.is_method is of_class]

    def in_use(self, names: Iterable[str]) -> list[str]:
        """Return all that a check uses, itself or by what it uses: what sets itself up first."""
        used: list[str] = []
        waiting = [*self.automatic(of_class=False), *self.automatic(of_class=True), *names]
        while waiting:
            name = waiting.pop(0)
            if name not in used:
                used.append(name)
                waiting += [more for one in self._fixtures.get(name, []) for more in one.wanted]
        return used

    def missing(self, names: Iterable[str]) -> list[str]:
        """Return those of them that nobody has, and that nothing could make."""
        return [name for name in names if not self._can_be_made(name)]

    def _can_be_made(self, name: str) -> bool:
        several = self._fixtures.get(name, [])
        is_built_in = name == _REQUEST or name in BUILT_IN
        # The first of a name has nothing before it that it could ask for.
        return is_built_in or (bool(several) and name not in several[0].wanted)


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


def missing(place: Place, wanted: list[str]) -> list[str]:
    """Return the arguments, of a check or of its fixtures, that no mark and no fixture has."""
    marks, known = _all_marks(place), _Known(place)
    chosen = {key for mark in marks if mark.name == "parametrize" for key in _keys(mark)}
    used = [name for mark in marks if mark.name == "usefixtures" for name in mark.args]
    names = known.in_use(used + [name for name in wanted if name not in chosen])
    return known.missing([name for name in names if name not in chosen])


class _Choice(NamedTuple):
    """What one run of a check is given."""

    arguments: dict[str, Any]
    params: dict[str, Any]
    """Of fixtures, by their names."""
    marks: list[Mark]


def cases_of(name: str, place: Place, wanted: list[str]) -> Iterator[Check]:
    """Yield the checks that a function stands for: one, or one for each set of arguments.

    Args:
        name: What it is called.
        place: Where it was written.
        wanted: The arguments that it has to be given.

    Raises:
        CollectionError: It is marked with what does not work here.
    """
    marks, known = _all_marks(place), _Known(place)
    for mark in marks:
        mark.refuse_text()
        if mark.name == "parametrize" and isinstance(place, CasePlace):
            raise CollectionError(f"{name} is unittest's, and cannot have parameters")
    choices = [_Choice({}, {}, [])]
    for mark in marks:
        if mark.name == "parametrize":
            rows = _rows(mark)
            choices = [_both(choice, row) for choice in choices for row in rows]
    used = [one for mark in marks if mark.name == "usefixtures" for one in mark.args]
    in_use = known.in_use(used + [one for one in wanted if all(one not in choice.arguments for choice in choices)])
    for fixture_name in in_use:
        one = known.find(fixture_name)
        params = one.settings.get("params") if one is not None else None
        if params is not None and all(fixture_name not in choice.params for choice in choices):
            more = [_param(fixture_name, value) for value in params]
            choices = [_both(choice, choosing) for choice in choices for choosing in more]
    if not choices:
        yield name, _skip
    for number, choice in enumerate(choices):
        is_one = not choice.arguments and not choice.params
        run = _bound(place, known, choice._replace(marks=[*choice.marks, *marks]), in_use, wanted)
        yield (name if is_one else f"{name}[{number}]"), run


def _skip() -> None:
    raise SkippedError("there is nothing to choose its arguments from")


def _bound(place: Place, known: _Known, choice: _Choice, in_use: list[str], wanted: list[str]) -> Callable[[], None]:
    # What is chosen may be for a fixture alone.
    accepted = inspect.signature(place.function).parameters
    given = [*wanted, *(name for name in choice.arguments if name in accepted and name not in wanted)]

    def run() -> None:
        for mark in choice.marks:
            mark.look_at()
        place.create()
        made = _Made(place, known, choice)
        try:
            for name in known.automatic(of_class=False):
                made.get(name)
            place.set_up()
            made.own.undo_by(place.take_down)
            for name in in_use:
                made.get(name)
            finish(place.call(**{name: made.get(name) for name in given}))
        finally:
            made.own.undo()

    return run


def _all_marks(place: Place) -> list[Mark]:
    """Return the marks of a check, the nearest first: its own, those of its class, and those of the whole source."""
    of_class = marks_of(place.kind) if place.kind is not None else []
    return [*marks_of(place.function), *of_class, *listed(place.tests.own.get("pytestmark"))]


def _keys(mark: Mark) -> list[str]:
    names = mark.args[0] if mark.args else mark.kwargs["argnames"]
    return [key.strip() for key in names.split(",") if key.strip()] if isinstance(names, str) else list(names)


def _rows(mark: Mark) -> list[_Choice]:
    """Return what a `parametrize` gives, row by row."""
    keys, indirect = _keys(mark), mark.kwargs.get("indirect", False)
    names = mark.args[0] if mark.args else mark.kwargs["argnames"]
    is_one = isinstance(names, str) and len(keys) == 1
    rows = list(mark.args[1] if len(mark.args) > 1 else mark.kwargs["argvalues"])
    # A mark of a class is looked at for each of its checks, and the rows may be a generator's.
    mark.args, mark.kwargs = (names, rows), {"indirect": indirect}
    found = []
    for row in rows:
        values, marks = (row.values, row.marks) if isinstance(row, Param) else (row, [])
        if not isinstance(row, Param):
            values = (row,) if is_one else tuple(row)
        given = dict(zip(keys, values, strict=True))
        through = {key for key in keys if indirect is True or (indirect and key in indirect)}
        arguments = {key: value for key, value in given.items() if key not in through}
        found.append(_Choice(arguments, {key: given[key] for key in through}, marks))
    return found


def _param(name: str, value: Any) -> _Choice:
    is_param = isinstance(value, Param)
    return _Choice({}, {name: value.values[0] if is_param else value}, value.marks if is_param else [])


def _both(one: _Choice, other: _Choice) -> _Choice:
    return _Choice({**one.arguments, **other.arguments}, {**one.params, **other.params}, one.marks + other.marks)


class _Made:
    """The fixtures of one run of a check."""

    def __init__(self, place: Place, known: _Known, choice: _Choice) -> None:
        self.place = place
        self.params = choice.params
        self._known = known
        self._choice = choice
        self.own = Shared()

    def get(self, name: str, within: _Fixture | None = None) -> Any:
        """Return a fixture's value, made as often as its scope says; or what was chosen in its place."""
        if name in self._choice.arguments:
            return self._choice.arguments[name]
        one = self._known.find(name, within)
        shared = self.own if one is None else self._shared(one)
        # What was chosen lives as long as the checks.
        key = name if one is None else (id(one.function), id(self.params.get(name, ABSENT)))
        if key not in shared.values:
            shared.values[key] = self._make_built_in(name) if one is None else self._make(one, shared)
        return shared.values[key]

    def _shared(self, one: _Fixture) -> Shared:
        scope = one.settings.get("scope")
        if scope == _CLASS and self.place.shared is not None:
            return self.place.shared
        return self.place.tests.shared if scope in _MODULE else self.own

    def _make(self, one: _Fixture, shared: Shared) -> Any:
        own = [self.place.one] if one.is_method else []
        given = {
            name: Request(self, one.name, shared) if name == _REQUEST else self.get(name, one) for name in one.wanted
        }
        value = one.function(*own, **given)
        # By what it is, not by what it returns: a generator of the program's is a value.
        if not inspect.isgeneratorfunction(one.function):
            return value
        shared.undo_by(lambda: _end(value, one.name))
        return next(value)

    def _make_built_in(self, name: str) -> Any:
        if name == _REQUEST:
            return Request(self, name, self.own)
        if name not in BUILT_IN:
            raise LookupError(f"fixture {name!r} not found")
        built_in = BUILT_IN[name]()
        self.own.undo_by(built_in.undo)
        return built_in.shown


def _end(generator: Any, name: str) -> None:
    if next(generator, ABSENT) is not ABSENT:
        raise RuntimeError(f"the fixture {name!r} yields more than once")


class Request:
    """`request`: what a fixture may know of the check that it is made for."""

    def __init__(self, made: _Made, name: str, shared: Shared) -> None:
        self._made = made
        self._shared = shared
        self.fixturename = name
        self.function = made.place.function
        self.cls = made.place.kind
        self.instance = made.place.one

    @property
    def param(self) -> Any:
        """What was chosen for the fixture."""
        try:
            return self._made.params[self.fixturename]
        except KeyError:
            raise AttributeError("param") from None

    def getfixturevalue(self, name: str) -> Any:
        """Return another fixture's value."""
        return self._made.get(name)

    def addfinalizer(self, finalizer: Callable[[], Any]) -> None:
        """Have something called when the fixture is taken down."""
        self._shared.undo_by(finalizer)


class CaptureResult(NamedTuple):
    """What was printed."""

    out: str
    err: str


class CaptureFixture:
    """`capsys`: what was printed since it was last read."""

    __class_getitem__ = classmethod(lambda cls, _: cls)

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
        """Let everything be printed where it was before."""
        sys.stdout, sys.stderr = self._before


class MonkeyPatch:
    """`monkeypatch`: changes that are taken back after the check."""

    def __init__(self) -> None:
        self.shown = self
        self._back: list[Callable[[], Any]] = []

    def setattr(self, target: Any, name: Any, value: Any = ABSENT, raising: bool = True) -> None:
        """Set an attribute: of an object, or of a module by its dotted name."""
        if value is ABSENT:
            module, _, attribute = target.rpartition(".")
            # 2 ms that only such tests pay.
            target, name, value = __import__("pkgutil").resolve_name(module), attribute, name
        before = getattr(target, name, ABSENT)
        if before is ABSENT and raising:
            raise AttributeError(name)
        self._back.append(
            (lambda: delattr(target, name)) if before is ABSENT else (lambda: setattr(target, name, before))
        )
        setattr(target, name, value)

    def delattr(self, target: Any, name: str, raising: bool = True) -> None:
        """Delete an attribute."""
        if not hasattr(target, name) and not raising:
            return
        before = getattr(target, name)
        self._back.append(lambda: setattr(target, name, before))
        delattr(target, name)

    def setitem(self, target: Any, name: Any, value: Any) -> None:
        """Set an item."""
        before = target.get(name, ABSENT)
        self._back.append(
            (lambda: target.pop(name)) if before is ABSENT else (lambda: target.__setitem__(name, before))
        )
        target[name] = value

    def delitem(self, target: Any, name: Any, raising: bool = True) -> None:
        """Delete an item."""
        if name not in target and not raising:
            return
        before = target[name]
        self._back.append(lambda: target.__setitem__(name, before))
        del target[name]

    def delenv(self, name: str, raising: bool = True) -> None:
        """Delete a variable of the tests' own environment."""
        import os  # noqa: PLC0415

        self.delitem(os.environ, name, raising)

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


BUILT_IN: dict[str, Callable[[], Any]] = {
    "caplog": LogCaptureFixture,
    "capsys": CaptureFixture,
    "monkeypatch": MonkeyPatch,
    "tmp_path": _TmpPath,
}
