"""Values of the standard library's own types as bytes: exact numbers, dates and times.

Like `values`, and called by it: fixed layouts, nothing of the program's is called, and what comes out is of exactly the
type that its tag names. A module is imported only where a value of it comes by: few programs have any.
"""

from __future__ import annotations

import struct
import sys

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


# A datetime is a date too: the first that fits counts.
_TYPES: tuple[tuple[str, str, bytes, Callable[[Any], bytes], Callable[[bytes], Any]], ...] = (
    ("decimal", "Decimal", b"D", _decimal, _to_decimal),
    ("fractions", "Fraction", b"Q", _fraction, _to_fraction),
    ("datetime", "datetime", b"Y", _datetime, _to_datetime),
    ("datetime", "date", b"y", _date, _to_date),
    ("datetime", "time", b"w", _time, _to_time),
    ("datetime", "timedelta", b"W", _timedelta, _to_timedelta),
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
