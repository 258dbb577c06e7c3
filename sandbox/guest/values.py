"""Values as bytes, between the two roles. Tagged, bounded, and rebuilt as exactly the types they name.

The decoder runs in the tests role on bytes that the program chose. It is iterative, it knows no class but the builtins
below and those of `library`, and it calls nothing of the program's: after it, `==` in a test cannot run a line of
untrusted code. No pickle, no marshal, no eval.
"""

from __future__ import annotations

import struct
import sys

from sandbox.guest import library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

BYTES_MAX = 16 << 20
NODES_MAX = 1_000_000
DEPTH_MAX = 100

_LENGTH = struct.Struct(">I")
_FLOAT = struct.Struct(">d")
_COMPLEX = struct.Struct(">dd")


class UnsupportedValueError(Exception):
    """A value that cannot cross. The message says what it is."""


class MalformedValueError(Exception):
    """Bytes that no encoder of ours wrote."""


# The first of these that a value's class derives from is what it crosses as: a subclass loses what it added.
_SCALARS: tuple[tuple[type, bytes, Callable[[Any], bytes]], ...] = (
    (int, b"i", lambda value: library.int_bytes(int.__pos__(value))),
    (float, b"f", lambda value: _FLOAT.pack(float.__pos__(value))),
    (complex, b"c", lambda value: _COMPLEX.pack(complex.__pos__(value).real, complex.__pos__(value).imag)),
    (str, b"s", lambda value: str.encode(value, "utf-8", "surrogatepass")),
    (bytes, b"b", lambda value: bytes.__getitem__(value, slice(None))),
    (bytearray, b"a", lambda value: bytes(bytearray.__getitem__(value, slice(None)))),
)
_CONTAINERS: tuple[tuple[type, bytes, Callable[[Any], Iterable[Any]]], ...] = (
    (list, b"l", list.__iter__),
    (tuple, b"t", tuple.__iter__),
    (set, b"S", set.__iter__),
    (frozenset, b"Z", frozenset.__iter__),
)


_SPANS = {range: b"r", slice: b"/"}


def encode(value: Any) -> bytes:
    """Encode a value.

    Raises:
        UnsupportedValueError: It, or something in it, is of no type that can cross, or it is too large or too deep.
    """
    out = bytearray()
    nodes = 0
    # What is still to be written, last first: the item, its depth, and whether it must be hashable.
    todo: list[tuple[Any, int, bool]] = [(value, 0, False)]
    while todo:
        item, depth, must_hash = todo.pop()
        nodes += 1
        if nodes > NODES_MAX or len(out) > BYTES_MAX:
            raise UnsupportedValueError(f"a value of more than {NODES_MAX} parts or {BYTES_MAX} bytes")
        if depth > DEPTH_MAX:
            raise UnsupportedValueError(f"a value nested deeper than {DEPTH_MAX}")
        todo.extend((child, depth + 1, hashed) for child, hashed in reversed(_encode_one(item, out, must_hash)))
    if len(out) > BYTES_MAX:
        raise UnsupportedValueError(f"a value of more than {BYTES_MAX} bytes")
    return bytes(out)


def _encode_one(item: Any, out: bytearray, must_hash: bool) -> list[tuple[Any, bool]]:
    """Write one node's own bytes; return its children, each with whether it must be hashable."""
    if item is None:
        out += b"N"
    elif item is True:
        out += b"T"
    elif item is False:
        out += b"F"
    elif item is Ellipsis:
        out += b"E"
    else:
        return _encode_typed(item, out, must_hash)
    return []


def _encode_typed(item: Any, out: bytearray, must_hash: bool) -> list[tuple[Any, bool]]:
    kind = type(item)
    if must_hash and issubclass(kind, (list, dict, set, bytearray)):
        # A subclass may hash; the exact type that it crosses as does not.
        raise UnsupportedValueError(f"a set member or dictionary key of type {kind.__qualname__!r}")
    for base, tag, body_of in _SCALARS:
        if issubclass(kind, base):
            body = body_of(item)
            out += tag + _LENGTH.pack(len(body)) + body
            return []
    for base, tag, iterate in _CONTAINERS:
        if issubclass(kind, base):
            children = list(iterate(item))
            out += tag + _LENGTH.pack(len(children))
            hashed = must_hash or base in (set, frozenset)
            return [(child, hashed) for child in children]
    if issubclass(kind, dict):
        pairs = list(_items(kind)(item))
        out += b"d" + _LENGTH.pack(len(pairs))
        return [(part, place == 0) for pair in pairs for place, part in enumerate(pair)]
    if kind in _SPANS:
        out += _SPANS[kind] + _LENGTH.pack(3)
        return [(item.start, False), (item.stop, False), (item.step, False)]
    return _encode_late(item, out)


def _encode_late(item: Any, out: bytearray) -> list[tuple[Any, bool]]:
    kind = type(item).__qualname__
    try:
        encoded = library.encode(item)
    except ValueError as error:
        raise UnsupportedValueError(f"a value of type {kind!r} {error}") from None
    if encoded is None:
        raise UnsupportedValueError(f"a value of type {kind!r}")
    tag, body = encoded
    out += tag + _LENGTH.pack(len(body)) + body
    return []


def _items(kind: type) -> Callable[[Any], Iterable[tuple[Any, Any]]]:
    """Return what lists a dictionary's items: an OrderedDict keeps its order aside, where dict.items does not look."""
    # Whoever has one has imported it.
    ordered = getattr(sys.modules.get("collections"), "OrderedDict", None)
    if isinstance(ordered, type) and issubclass(ordered, dict) and issubclass(kind, ordered):
        return ordered.items
    return dict.items


class _Open:
    """A container whose parts are being read."""

    __slots__ = ("parts", "tag", "wanted")

    def __init__(self, tag: bytes, wanted: int) -> None:
        self.tag = tag
        self.wanted = wanted
        self.parts: list[Any] = []


def decode(data: bytes) -> Any:
    """Rebuild a value.

    Raises:
        MalformedValueError: The bytes are not the encoding of one value, or exceed a cap.
    """
    if len(data) > BYTES_MAX:
        raise MalformedValueError("too large")
    position = 0
    nodes = 0
    stack: list[_Open] = []
    while True:
        tag = data[position : position + 1]
        position += 1
        nodes += 1
        if nodes > NODES_MAX:
            raise MalformedValueError("too many parts")
        if tag in _CONSTANTS:
            value = _CONSTANTS[tag]
        else:
            length, position = _read_length(data, position)
            if tag in _WIDTHS:
                if len(stack) >= DEPTH_MAX + 1:
                    raise MalformedValueError("too deep")
                stack.append(_Open(tag, length * _WIDTHS[tag]))
                value = _PENDING
            else:
                body = data[position : position + length]
                position += length
                if len(body) != length:
                    raise MalformedValueError("truncated")
                value = _scalar(tag, body)
        value = _complete(stack, value)
        if value is not _PENDING:
            if position != len(data):
                raise MalformedValueError("bytes after the value")
            return value


def _complete(stack: list[_Open], value: Any) -> Any:
    """Put a finished value into its container, which may complete it and the next one out. Returns what is complete."""
    while stack:
        if value is not _PENDING:
            stack[-1].parts.append(value)
        if len(stack[-1].parts) < stack[-1].wanted:
            return _PENDING
        value = _close(stack.pop())
    return value


_CONSTANTS: dict[bytes, Any] = {b"N": None, b"T": True, b"F": False, b"E": Ellipsis}
_WIDTHS = {b"l": 1, b"t": 1, b"S": 1, b"Z": 1, b"d": 2, b"r": 1, b"/": 1}
_PENDING = object()


def _read_length(data: bytes, position: int) -> tuple[int, int]:
    end = position + _LENGTH.size
    if end > len(data):
        raise MalformedValueError("truncated")
    (length,) = _LENGTH.unpack_from(data, position)
    # Each part takes a byte at least: a length beyond what is left is a lie, and lists must not be sized by it.
    if length > len(data) - end:
        raise MalformedValueError("length beyond the end")
    return length, end


_BUILDERS: dict[bytes, Callable[[bytes], Any]] = {
    b"i": lambda body: int.from_bytes(body, "big", signed=True),
    b"f": lambda body: _FLOAT.unpack(body)[0],
    b"c": lambda body: complex(*_COMPLEX.unpack(body)),
    b"s": lambda body: body.decode("utf-8", "surrogatepass"),
    b"b": bytes,
    b"a": bytearray,
}


def _scalar(tag: bytes, body: bytes) -> Any:
    try:
        build = _BUILDERS.get(tag)
        return library.decode(tag, body) if build is None else build(body)
    except KeyError:
        raise MalformedValueError(f"unknown tag {tag!r}") from None
    except (struct.error, ValueError, TypeError, ArithmeticError) as error:
        raise MalformedValueError(str(error)) from None


def _slice(start: Any, stop: Any, step: Any) -> slice:
    return slice(start, stop, step)


_CLOSERS: dict[bytes, Callable[[list[Any]], Any]] = {
    b"l": list,
    b"t": tuple,
    b"S": set,
    b"Z": frozenset,
    b"d": lambda parts: dict(zip(parts[::2], parts[1::2], strict=True)),
    b"r": lambda parts: range(*parts),
    b"/": lambda parts: _slice(*parts),
}


def _close(opened: _Open) -> Any:
    try:
        return _CLOSERS[opened.tag](opened.parts)
    except (TypeError, ValueError) as error:
        raise MalformedValueError(str(error)) from None
