"""Values of the standard library's own types: exact numbers, dates and times as bytes, collections as their parts.

Like `values`, and called by it: fixed layouts, nothing of the program's is called, and what comes out is of exactly the
type that its tag names. A module is imported only where a value of it comes by: few programs have any.
"""

from __future__ import annotations

import struct
import sys

from sandbox.guest import tables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_LENGTH = struct.Struct(">I")
_DATE = struct.Struct(">HBB")
_TIME = struct.Struct(">BBBIB")
"""Hour, minute, second, microsecond, fold."""
_TIMEDELTA = struct.Struct(">iII")
"""Days, seconds, microseconds."""


def int_bytes(value: int) -> bytes:
    """Return an integer as two's complement, big-endian."""
    return value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)


def _decimal(value: Any) -> bytes:
    return _exact("decimal", "Decimal").__str__(value).encode("ascii")  # type: ignore[no-any-return]


def _to_decimal(body: bytes) -> Any:
    text = body.decode("ascii")
    value = __import__("decimal").Decimal(text)
    # Decimal reads more than it writes: spaces, underscores, other scripts' digits.
    if str(value) != text:
        raise ValueError("a decimal that is not written as decimals are")
    return value


def _fraction(value: Any) -> bytes:
    numerator = int_bytes(value.numerator)
    return _LENGTH.pack(len(numerator)) + numerator + int_bytes(value.denominator)


def _to_fraction(body: bytes) -> Any:
    (size,) = _LENGTH.unpack_from(body)
    numerator = int.from_bytes(body[_LENGTH.size : _LENGTH.size + size], "big", signed=True)
    denominator = int.from_bytes(body[_LENGTH.size + size :], "big", signed=True)
    if denominator < 1:
        raise ValueError("a fraction of no positive denominator")
    value = __import__("fractions").Fraction(numerator, denominator)
    if value.denominator != denominator:
        raise ValueError("a fraction that is not reduced")
    return value


def _timedelta(value: Any) -> bytes:
    return _TIMEDELTA.pack(value.days, value.seconds, value.microseconds)


def _to_timedelta(body: bytes) -> Any:
    days, seconds, microseconds = _TIMEDELTA.unpack(body)
    value = __import__("datetime").timedelta(days, seconds, microseconds)
    if value.seconds != seconds or value.microseconds != microseconds:
        raise ValueError("a distance in time that is not written as such are")
    return value


def _zone(zone: Any) -> bytes:
    """Return a time zone's bytes: none for no zone, a distance for one that is just that.

    Raises:
        ValueError: It has rules or a name of its own.
    """
    if zone is None:
        return b""
    fixed = _exact("datetime", "timezone")
    if type(zone) is not fixed or len(fixed.__getinitargs__(zone)) != 1:
        raise ValueError("with a time zone that is more than a distance from UTC")
    return _timedelta(fixed.utcoffset(zone, None))


def _to_zone(body: bytes) -> Any:
    return __import__("datetime").timezone(_to_timedelta(body)) if body else None


def _date(value: Any) -> bytes:
    return _DATE.pack(value.year, value.month, value.day)


def _to_date(body: bytes) -> Any:
    return __import__("datetime").date(*_DATE.unpack(body))


def _time(value: Any) -> bytes:
    clock = _TIME.pack(value.hour, value.minute, value.second, value.microsecond, value.fold)
    return clock + _zone(value.tzinfo)


def _to_time(body: bytes) -> Any:
    *clock, fold = _TIME.unpack_from(body)
    return __import__("datetime").time(*clock, _to_zone(body[_TIME.size :]), fold=fold)


def _datetime(value: Any) -> bytes:
    return _date(value) + _time(value)


def _to_datetime(body: bytes) -> Any:
    day = _DATE.unpack_from(body)
    *clock, fold = _TIME.unpack_from(body, _DATE.size)
    zone = _to_zone(body[_DATE.size + _TIME.size :])
    return __import__("datetime").datetime(*day, *clock, zone, fold=fold)


def _uuid(value: Any) -> bytes:
    return _exact("uuid", "UUID").bytes.__get__(value)  # type: ignore[no-any-return]


def _to_uuid(body: bytes) -> Any:
    return __import__("uuid").UUID(bytes=body)


# A datetime is a date too: the first that fits counts.
_TYPES: tuple[tuple[str, str, bytes, Callable[[Any], bytes], Callable[[bytes], Any]], ...] = (
    ("decimal", "Decimal", b"D", _decimal, _to_decimal),
    ("fractions", "Fraction", b"Q", _fraction, _to_fraction),
    ("datetime", "datetime", b"Y", _datetime, _to_datetime),
    ("datetime", "date", b"y", _date, _to_date),
    ("datetime", "time", b"w", _time, _to_time),
    ("datetime", "timedelta", b"W", _timedelta, _to_timedelta),
    ("uuid", "UUID", b"U", _uuid, _to_uuid),
)
_BY_TAG = {tag: build for _, _, tag, _, build in _TYPES}


def _exact(module: str, name: str) -> Any:
    """Return a type of a module that somebody has imported; None when nobody has."""
    return getattr(sys.modules.get(module), name, None)


def encode(item: Any) -> tuple[bytes, bytes] | None:
    """Return the tag and the bytes of a value; None when it is of none of these types.

    Raises:
        ValueError: It has something that cannot cross; the text completes "a value of type X".
    """
    for module, name, tag, body_of, _ in _TYPES:
        base = _exact(module, name)
        if isinstance(base, type) and issubclass(type(item), base):
            return tag, body_of(item)
    return None


def decode(tag: bytes, body: bytes) -> Any:
    """Rebuild a value.

    Raises:
        KeyError: No type has this tag.
        ValueError: The bytes are not what `encode` writes. Or ArithmeticError, OverflowError, struct.error, TypeError.
    """
    return _BY_TAG[tag](body)


_MODULES_OF_EXCEPTIONS = frozenset({
    "_csv", "_lzma", "_pickle", "_queue", "argparse", "asyncio.queues", "binascii", "calendar", "configparser", "copy",
    "dataclasses", "decimal", "email.errors", "getopt", "graphlib", "http.client", "ipaddress", "json.decoder",
    "numpy.exceptions", "numpy.linalg", "pandas.errors", "pickle", "pyexpat", "queue", "re", "shutil", "sqlite3",
    "statistics", "struct", "subprocess", "tarfile", "tomllib", "urllib.error", "xml.etree.ElementTree",
    "xml.parsers.expat", "zipfile", "zlib", "zoneinfo._common",
})  # fmt: skip
"""Whose exceptions mean nothing but that something failed. Not those by which the library ends something in silence: a
cancellation, a skipped test."""


def exception_name(kind: type) -> str | None:
    """Return the name of an exception class of the library's, for `exception_class`; None for any other class."""
    module, name = kind.__module__, kind.__qualname__
    if type(module) is not str or module not in _MODULES_OF_EXCEPTIONS:
        return None
    return f"{module}:{name}" if vars(sys.modules.get(module, sys)).get(name) is kind else None


def exception_class(text: str) -> type[Exception] | None:
    """Return the exception class of this name, if it is the library's and somebody here has imported its module."""
    module, _, name = text.partition(":")
    found = vars(sys.modules[module]).get(name) if module in _MODULES_OF_EXCEPTIONS & sys.modules.keys() else None
    return found if isinstance(found, type) and issubclass(found, Exception) else None


_FACTORIES = {
    kind.__name__: kind for kind in (int, float, complex, bool, str, bytes, list, tuple, dict, set, frozenset)
}


def container(item: Any) -> tuple[bytes, list[Any]] | None:
    """Return the tag and the parts of a collection; None when it is none of these types.

    A subclass crosses as the class that it derives from, but a named tuple, whose class is made anew.
    """
    kind = type(item)
    if issubclass(kind, tuple):
        return _tuple_with_names(kind, item)
    found = tables.container(item) if "pandas" in sys.modules else None
    if found is None and "collections" in sys.modules:
        found = _collection(kind, item)
    return found


def _collection(kind: type, item: Any) -> tuple[bytes, list[Any]] | None:
    module = sys.modules["collections"]
    for name, tag in (("Counter", b"C"), ("OrderedDict", b"O")):
        if _derives(kind, module, name):
            return tag, [part for pair in getattr(module, name).items(item) for part in pair]
    if _derives(kind, module, "defaultdict"):
        factory = item.default_factory
        made_by = next((name for name, made in _FACTORIES.items() if made is factory), None)
        if factory is not None and made_by is None:
            return None
        return b"A", [made_by, *(part for pair in dict.items(item) for part in pair)]
    if _derives(kind, module, "deque"):
        return b"q", [module.deque.maxlen.__get__(item), *module.deque.__iter__(item)]
    return None


def _tuple_with_names(kind: type, item: Any) -> tuple[bytes, list[Any]] | None:
    names = kind.__dict__.get("_fields")
    if type(names) is not tuple or len(names) != tuple.__len__(item) or not all(type(name) is str for name in names):
        return None
    return b"n", [kind.__name__, len(names), *names, *tuple.__iter__(item)]


def _derives(kind: type, module: Any, name: str) -> bool:
    base = getattr(module, name, None)
    return isinstance(base, type) and issubclass(kind, base)


def _pairs(parts: list[Any]) -> list[tuple[Any, Any]]:
    return list(zip(parts[::2], parts[1::2], strict=True))


def _counter(parts: list[Any]) -> Any:
    counter = __import__("collections").Counter()
    for key, count in _pairs(parts):
        counter[key] = count
    return counter


def _default_dict(parts: list[Any]) -> Any:
    name, *rest = parts
    if name is not None and (type(name) is not str or name not in _FACTORIES):
        raise ValueError("a factory that is none")
    return __import__("collections").defaultdict(name and _FACTORIES[name], _pairs(rest))


def _deque(parts: list[Any]) -> Any:
    longest, *items = parts
    if longest is not None and (type(longest) is not int or len(items) > longest):
        raise ValueError("a deque longer than it may be")
    return __import__("collections").deque(items, longest)


def _named_tuple(parts: list[Any]) -> Any:
    name, width, *rest = parts
    if type(width) is not int or width < 0 or len(rest) != 2 * width:
        raise ValueError("a named tuple with other names than values")
    names = tuple(rest[:width])
    if not all(type(part) is str for part in (name, *names)):
        raise ValueError("a named tuple with a name that is none")
    key = (name, names)
    if key not in _named_tuples:
        try:
            _named_tuples[key] = __import__("collections").namedtuple(name, names)
        except SyntaxError:
            # Names that are the same once Python has normalised them.
            raise ValueError("a named tuple with two names that are one") from None
    return tuple.__new__(_named_tuples[key], rest[width:])


_named_tuples: dict[tuple[str, tuple[str, ...]], Any] = {}
"""Two values of one class are of one class on the other side."""

BUILDERS: dict[bytes, Callable[[list[Any]], Any]] = {
    b"C": _counter,
    tables.FRAME: tables.frame,
    tables.SERIES: tables.series,
    tables.INDEX: tables.index,
    b"O": lambda parts: __import__("collections").OrderedDict(_pairs(parts)),
    b"A": _default_dict,
    b"q": _deque,
    b"n": _named_tuple,
}
