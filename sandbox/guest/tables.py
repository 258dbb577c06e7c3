"""pandas' frames, series and indexes as their parts: labels, and columns as raw buffers or lists of values.

As with arrays, what comes out is plain: exact classes, columns of numbers, times or objects that are values themselves.
Categories, time zones, labels of several levels and subclasses stay with the program and are referred to.
"""

from __future__ import annotations

import sys

from sandbox.guest import arrays

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FRAME, SERIES, INDEX = b"^", b"~", b"|"

_OF_OBJECTS = frozenset({"object", "str", "string"})
"""Types of columns that hold Python's own objects, by name; the other ones that cross are numpy's."""
_PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset})


def _pandas() -> Any:
    return sys.modules.get("pandas")


def _is(item: Any, name: str) -> bool:
    kind = getattr(_pandas(), name, None)
    return kind is not None and type(item) is kind


def is_table(item: Any) -> bool:
    """Tell whether it is a frame or a series: what can be changed in place."""
    return _is(item, "DataFrame") or _is(item, "Series")


def container(item: Any) -> tuple[bytes, list[Any]] | None:
    """Return the tag and the parts of a frame, a series or an index; None when it is none that can cross."""
    if _is(item, "DataFrame"):
        columns = [_column(item.iloc[:, place]) for place in range(item.shape[1])]
        head = [_labels(item.columns), _labels(item.index)]
        return None if None in head or None in columns else (FRAME, [*head, *columns])
    if _is(item, "Series"):
        labels, column = _labels(item.index), _column(item)
        return None if labels is None or column is None else (SERIES, [item.name, labels, column])
    kind = getattr(_pandas(), "Index", None)
    if kind is not None and isinstance(item, kind):
        labels = _labels(item)
        return None if labels is None else (INDEX, [labels])
    return None


def _labels(index: Any) -> list[Any] | None:
    """Return an index as a name and either the ends and the step of a range, or a column."""
    if _is(index, "RangeIndex"):
        return [index.name, index.start, index.stop, index.step]
    if getattr(index, "nlevels", 0) != 1:
        return None
    column = _column(index)
    return None if column is None else [index.name, column]


def _column(holder: Any) -> list[Any] | None:
    name = str(holder.dtype)
    if name in _OF_OBJECTS:
        found = list(holder)
        return [name, found] if all(type(value) in _PLAIN for value in found) else None
    values = holder.to_numpy()
    # A type of pandas' own (categories, numbers with gaps, times with zones) is not what its numpy values are of.
    return [name, values] if values.dtype == holder.dtype and arrays.is_array(values) else None


def frame(parts: list[Any]) -> Any:
    """Rebuild a frame.

    Raises:
        ValueError: The parts are not what `container` returns. Or TypeError, ImportError, IndexError.
    """
    labels, rows, *columns = parts
    pandas = __import__("pandas")
    index, names = _to_index(rows), _to_index(labels)
    if len(names) != len(columns):
        raise ValueError("a frame of more or fewer columns than it says")
    built = pandas.DataFrame({place: _to_series(column, index) for place, column in enumerate(columns)}, index=index)
    built.columns = names
    return built


def series(parts: list[Any]) -> Any:
    """Rebuild a series.

    Raises:
        ValueError: The parts are not what `container` returns. Or TypeError, ImportError, IndexError.
    """
    name, labels, column = parts
    built = _to_series(column, _to_index(labels))
    built.name = name
    return built


def index(parts: list[Any]) -> Any:
    """Rebuild an index.

    Raises:
        ValueError: The parts are not what `container` returns. Or TypeError, ImportError, IndexError.
    """
    (labels,) = parts
    return _to_index(labels)


def _to_index(labels: Any) -> Any:
    if type(labels) is not list:
        raise ValueError("an index of no labels")
    pandas = __import__("pandas")
    if len(labels) == len(("name", "start", "stop", "step")):
        name, *span = labels
        if any(type(number) is not int for number in span):
            raise ValueError("a range of no numbers")
        return pandas.RangeIndex(*span, name=name)
    name, column = labels
    kind, values = _checked(column)
    return pandas.Index(values, dtype=kind, name=name)


def _to_series(column: Any, labels: Any) -> Any:
    kind, values = _checked(column)
    if len(values) != len(labels):
        raise ValueError("a column of another length than its labels")
    return __import__("pandas").Series(values, index=labels, dtype=kind)


def _checked(column: Any) -> tuple[Any, Any]:
    """Return the type and the values of a column."""
    if type(column) is not list:
        raise ValueError("a column that is none")
    kind, values = column
    if type(values) is list and type(kind) is str and kind in _OF_OBJECTS:
        # An object of the program's would be asked by pandas what it is, in the middle of the program's answer.
        if not all(type(value) in _PLAIN for value in values):
            raise ValueError("a column of objects that are no plain values")
        return kind, values
    if not arrays.is_array(values) or values.ndim != 1:
        raise ValueError("a column that is none")
    return values.dtype, values


def refill(container: Any, content: Any) -> None:
    """Make a frame or a series hold what another one holds.

    Raises:
        ValueError: The content is of another class.
    """
    if type(content) is not type(container):
        raise ValueError("a table that has become something else")
    container._update_inplace(content)
