"""What checks as for pytest are given: the arguments that marks choose, and fixtures, made anew for each check."""

from __future__ import annotations

import inspect
import sys
import types
from typing import NamedTuple

from sandbox.guest.collecting import SkippedError, finish
from sandbox.guest.marking import Mark, listed, marks_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from sandbox.guest.collecting import Check, Place

ABSENT = object()
_SETTINGS = "_sandbox_fixture"
_REQUEST = "request"


class Param:
    """One set of arguments, or one parameter of a fixture, that has a name or marks."""

    def __init__(self, values: tuple[Any, ...], marks: Any) -> None:
        self.values = values
        self.marks = listed(marks)


def make_fixture(function: types.FunctionType, settings: dict[str, Any]) -> None:
    """Make a function a fixture.

    Args:
        function: It.
        settings: `autouse`, `name`, `params`, as pytest has them; others mean nothing here.
    """
    setattr(function, _SETTINGS, settings)


class _Fixture(NamedTuple):
    """A fixture of the tests'."""

    function: Any
    is_method: bool

    @property
    def settings(self) -> dict[str, Any]:
        return self.function.__dict__[_SETTINGS]  # type: ignore[no-any-return]

    @property
    def wanted(self) -> list[str]:
        """The names of its arguments."""
        return list(inspect.signature(self.function).parameters)[1 if self.is_method else 0 :]


class _Known:
    """The fixtures that a check may use: its class' own, the source's, and those that come with pytest."""

    def __init__(self, place: Place) -> None:
        self._fixtures: dict[str, _Fixture] = {}
        self._note(place.own, is_method=False)
        for base in reversed(place.kind.__mro__ if place.kind is not None else ()):
            self._note(vars(base), is_method=True)

    def _note(self, names: Any, *, is_method: bool) -> None:
        for name, value in names.items():
            if type(value) is types.FunctionType and _SETTINGS in value.__dict__:
                found = _Fixture(value, is_method)
                self._fixtures[found.settings.get("name") or name] = found

    def find(self, name: str) -> _Fixture | None:
        return self._fixtures.get(name)

    def in_use(self, names: Iterable[str]) -> list[str]:
        """Return all that a check uses, itself or by what it uses: what sets itself up first."""
        used: list[str] = []
        waiting = [name for name, one in self._fixtures.items() if one.settings.get("autouse")] + list(names)
        while waiting:
            name = waiting.pop(0)
            if name not in used:
                used.append(name)
                waiting += one.wanted if (one := self.find(name)) is not None else []
        return used

    def missing(self, names: Iterable[str]) -> list[str]:
        """Return those of them that nobody has, and that nothing could make."""
        return [name for name in names if not self._can_be_made(name)]

    def _can_be_made(self, name: str) -> bool:
        one = self.find(name)
        return (name == _REQUEST or name in BUILT_IN) if one is None else name not in one.wanted


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
    names = known.in_use([name for name in wanted if name not in chosen] + used)
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
    """
    marks, known = _all_marks(place), _Known(place)
    choices = [_Choice({}, {}, [])]
    for mark in marks:
        if mark.name == "parametrize":
            rows = _rows(mark)
            choices = [_both(choice, row) for choice in choices for row in rows]
    used = [one for mark in marks if mark.name == "usefixtures" for one in mark.args]
    in_use = known.in_use([one for one in wanted if all(one not in choice.arguments for choice in choices)] + used)
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
    def run() -> None:
        for mark in choice.marks:
            mark.look_at()
        call = place.begin()
        try:
            made = _Made(place, known, choice)
            try:
                for name in in_use:
                    made.get(name)
                finish(call(**{name: made.get(name) for name in [*wanted, *choice.arguments]}))
            finally:
                made.undo()
        finally:
            place.end()

    return run


def _all_marks(place: Place) -> list[Mark]:
    """Return the marks of a check, the nearest first: its own, those of its class, and those of the whole source."""
    of_class = marks_of(place.kind) if place.kind is not None else []
    return [*marks_of(place.function), *of_class, *listed(place.own.get("pytestmark"))]


def _keys(mark: Mark) -> list[str]:
    names = mark.args[0] if mark.args else mark.kwargs["argnames"]
    return [key.strip() for key in names.split(",") if key.strip()] if isinstance(names, str) else list(names)


def _rows(mark: Mark) -> list[_Choice]:
    """Return what a `parametrize` gives, row by row."""
    keys, indirect = _keys(mark), mark.kwargs.get("indirect", False)
    rows = list(mark.args[1] if len(mark.args) > 1 else mark.kwargs["argvalues"])
    # A mark of a class is looked at for each of its checks, and the rows may be a generator's.
    mark.args, mark.kwargs = (keys, rows), {"indirect": indirect}
    found = []
    for row in rows:
        values, marks = (row.values, row.marks) if isinstance(row, Param) else (row, [])
        if not isinstance(row, Param):
            values = tuple(row) if len(keys) > 1 else (row,)
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
        self._values: dict[str, Any] = {}
        self._undo: list[Callable[[], Any]] = []

    def get(self, name: str) -> Any:
        """Return a fixture's value, made once; or what was chosen in its place."""
        if name in self._choice.arguments:
            return self._choice.arguments[name]
        if name not in self._values:
            self._values[name] = self._make(name)
        return self._values[name]

    def _make(self, name: str) -> Any:
        one = self._known.find(name)
        if one is not None:
            given = {needed: Request(self, name) if needed == _REQUEST else self.get(needed) for needed in one.wanted}
            value = one.function(*([self.place.one] if one.is_method else []), **given)
            if not inspect.isgenerator(value):
                return value
            self.undo_by(lambda: next(value, None))
            return next(value)
        if name == _REQUEST:
            return Request(self, name)
        if name not in BUILT_IN:
            raise LookupError(f"fixture {name!r} not found")
        built_in = BUILT_IN[name]()
        self.undo_by(built_in.undo)
        return built_in.shown

    def undo_by(self, call: Callable[[], Any]) -> None:
        """Have something called when the check has been run."""
        self._undo.append(call)

    def undo(self) -> None:
        """Take down what was set up, the last first."""
        while self._undo:
            self._undo.pop()()


class Request:
    """`request`: what a fixture may know of the check that it is made for."""

    def __init__(self, made: _Made, name: str) -> None:
        self._made = made
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
        """Have something called when the check has been run."""
        self._made.undo_by(finalizer)


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


class MonkeyPatch:
    """`monkeypatch`: changes that are taken back after the check."""

    def __init__(self) -> None:
        self.shown = self
        self._back: list[Callable[[], Any]] = []

    def setattr(self, target: Any, name: Any, value: Any = ABSENT, raising: bool = True) -> None:
        """Set an attribute: of an object, or of a module by its dotted name."""
        if value is ABSENT:
            module, _, attribute = target.rpartition(".")
            target, name, value = __import__(module, fromlist=["*"]), attribute, name
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


BUILT_IN: dict[str, Callable[[], Any]] = {"capsys": _Capsys, "monkeypatch": MonkeyPatch, "tmp_path": _TmpPath}
