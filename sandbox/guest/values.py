"""Values as bytes, between the two roles. Tagged, bounded, and rebuilt as exactly the types they name.

The decoder runs in the tests role on bytes that the program chose. It is iterative, it knows no class but the builtins
below and those of `library`, and it calls nothing of the program's: after it, `==` in a test cannot run a line of
untrusted code. No pickle, no marshal, no eval.

Containers are numbered as they come, so that one which appears twice is one on the other side too, even within itself.
An answer may also name a container of the message that it answers, by that message's number: what the tests gave to the
program and get back is their own.
"""

from __future__ import annotations

import struct
import sys

from sandbox.guest import arrays, library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    Refer = Callable[[Any], "tuple[bytes, bytes] | None"]
    """Names what is no value: the tag and the bytes of a reference; None for what cannot be referred to."""
    Resolve = Callable[[bytes, bytes], Any]
    """Finds what a reference means, by its tag and bytes. Raises MalformedValueError."""

BYTES_MAX = 16 << 20
NODES_MAX = 2_000_000
"""Real tests ask for a list of a million numbers, and one more."""
DEPTH_MAX = 100

_LENGTH = struct.Struct(">I")
_FLOAT = struct.Struct(">d")
_COMPLEX = struct.Struct(">dd")

SAME, GIVEN = b"@", b"&"
"""A container of this message by its number; one of the message that this one answers."""

REMOTE, LOCAL, GLOBAL = b"H", b"B", b"G"
"""References: an object of the program, one of the tests, one that both have by the same name."""


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
)
_CONTAINERS: tuple[tuple[type, bytes, Callable[[Any], Iterable[Any]]], ...] = (
    (list, b"l", list.__iter__),
    (tuple, b"t", tuple.__iter__),
    (set, b"S", set.__iter__),
    (frozenset, b"Z", frozenset.__iter__),
    (dict, b"d", lambda value: _flat(_items(type(value))(value))),
    (type({}.keys()), b"K", iter),
    (type({}.values()), b"V", iter),
    (type({}.items()), b"M", lambda value: _flat(iter(value))),
)
_SPANS = {id(range): b"r", id(slice): b"/"}
_CONSTANTS: dict[bytes, Any] = {b"N": None, b"T": True, b"F": False, b"E": Ellipsis, b"J": NotImplemented}
_SINGLETONS = {id(type(value)): tag for tag, value in _CONSTANTS.items() if type(value) is not bool}
# By id: a class of the program's, whose class of classes may define __hash__, is looked up here too.
_PLAIN = {id(kind): (tag, body_of) for kind, tag, body_of in _SCALARS}
_PACKED: dict[tuple[bytes, type], tuple[bytes, str]] = {
    (b"l", int): (b"1", "q"),
    (b"l", float): (b"2", "d"),
    (b"t", int): (b"3", "q"),
    (b"t", float): (b"4", "d"),
}
_MIXED: dict[bytes, bytes] = {b"l": b"5", b"t": b"6"}
"""Lists and tuples of nothing but numbers have one tag for all of them: whoever passes a million pays a tenth.

How many there can be is bounded by BYTES_MAX.
"""
_NUMBER_BYTES = 8
_PACKED_FROM = 8
"""Fewer numbers are written one by one."""
_ALL_HASHED = frozenset({b"S", b"Z", b"K"})
_KEYED_FROM = {b"d": 0, b"M": 0, b"C": 0, b"O": 0, b"A": 1}
"""Containers of keys and values in turn, and the place of the first key."""


def encode(value: Any) -> bytes:
    """Encode a value that refers to nothing.

    Raises:
        UnsupportedValueError: It, or something in it, is of no type that can cross, or it is too large or too deep.
    """
    return Encoder().encode(value)


class _Parts:
    """The parts of a container that are still to be written, and which of them must be hashable."""

    __slots__ = ("_all_hash", "_place", "left")

    def __init__(self, parts: Sequence[Any], *, all_hash: bool = False, first_key: int | None = None) -> None:
        self.left = iter(parts)
        self._all_hash = all_hash
        # Counted from the first key, so that keys have even places; far below zero where there is none.
        self._place = -len(parts) - 1 if first_key is None else -first_key

    def next_must_hash(self) -> bool:
        """Tell it of the next part. Called once for each."""
        place = self._place
        self._place += 1
        return self._all_hash or (place >= 0 and place % 2 == 0)


class Encoder:
    """Writes one message.

    Attributes:
        containers: The message's containers by their numbers, once it is written.
    """

    def __init__(self, refer: Refer | None = None, given: Sequence[Any] = ()) -> None:
        """Prepare.

        Args:
            refer: Names what is no value. None: nothing but values can cross.
            given: The containers of the message that this one answers.
        """
        self.containers: list[Any] = []
        self._refer = refer
        self._known = {id(item): GIVEN + _LENGTH.pack(number) for number, item in enumerate(given)}
        self._out = bytearray()

    def encode(self, value: Any) -> bytes:
        """Encode a value.

        Raises:
            UnsupportedValueError: It, or something in it, cannot cross, or it is too large or too deep.
        """
        out = self._out
        nodes = 0
        # Containers that are being written, the innermost last: one entry each, however many parts they have.
        stack = [_Parts((value,))]
        while stack:
            inside = stack[-1]
            for item in inside.left:
                nodes += 1
                if nodes > NODES_MAX or len(out) > BYTES_MAX:
                    raise UnsupportedValueError(f"a value of more than {NODES_MAX} parts or {BYTES_MAX} bytes")
                if len(stack) > DEPTH_MAX + 1:
                    raise UnsupportedValueError(f"a value nested deeper than {DEPTH_MAX}")
                must_hash = inside.next_must_hash()
                plain = _PLAIN.get(id(type(item)))
                if plain is not None:
                    self._write(plain[0], plain[1](item))
                elif (parts := self._write_typed(item, must_hash)) is not None:
                    stack.append(parts)
                    break
            else:
                stack.pop()
        if len(out) > BYTES_MAX:
            raise UnsupportedValueError(f"a value of more than {BYTES_MAX} bytes")
        return bytes(out)

    def _write(self, tag: bytes, body: bytes) -> None:
        self._out += tag + _LENGTH.pack(len(body)) + body

    def _write_typed(self, item: Any, must_hash: bool) -> _Parts | None:
        """Write one node's own bytes; return its parts, if it has any."""
        kind = type(item)
        if kind is bool:
            self._out += b"T" if item else b"F"
        elif id(kind) in _SINGLETONS:
            self._out += _SINGLETONS[id(kind)]
        elif (known := self._known.get(id(item))) is not None:
            self._out += known
        elif must_hash and issubclass(kind, (list, dict, set, bytearray)):
            # A subclass may hash; the exact type that it crosses as does not.
            raise UnsupportedValueError(f"a set member or dictionary key of type {kind.__qualname__!r}")
        elif id(kind) in _SPANS:
            self._out += _SPANS[id(kind)] + _LENGTH.pack(3)
            return _Parts((item.start, item.stop, item.step))
        elif (container := _container(item)) is not None:
            return self._open(item, *container, must_hash)
        else:
            self._write_late(item)
        return None

    def _open(self, item: Any, tag: bytes, parts: list[Any], must_hash: bool) -> _Parts | None:
        self._number(item)
        if (packed := _packed(tag, parts)) is not None:
            self._write(*packed)
            return None
        self._out += tag + _LENGTH.pack(len(parts))
        return _Parts(parts, all_hash=must_hash or tag in _ALL_HASHED, first_key=_KEYED_FROM.get(tag))

    def _number(self, item: Any) -> None:
        self._known[id(item)] = SAME + _LENGTH.pack(len(self.containers))
        self.containers.append(item)

    def _write_late(self, item: Any) -> None:
        kind = type(item)
        if "numpy" in sys.modules and (packed := arrays.encode(item)) is not None:
            if packed[0] == arrays.ARRAY:
                self._number(item)
            self._write(*packed)
            return
        if issubclass(kind, bytearray):
            self._number(item)
            self._write(b"a", bytes(bytearray.__getitem__(item, slice(None))))
            return
        for base, tag, body_of in _SCALARS:
            if issubclass(kind, base):
                self._write(tag, body_of(item))
                return
        try:
            named = library.encode(item) or (self._refer(item) if self._refer is not None else None)
        except (ValueError, TypeError, struct.error) as error:
            raise UnsupportedValueError(f"a value of type {kind.__qualname__!r} {error}") from None
        if named is None:
            raise UnsupportedValueError(f"a value of type {kind.__qualname__!r}")
        self._write(*named)


def _container(item: Any) -> tuple[bytes, list[Any]] | None:
    """Return a container's tag and parts; None when it is none."""
    kind = type(item)
    if id(kind) not in _EXACT and (named := library.container(item)) is not None:
        return named
    for base, tag, parts_of in _CONTAINERS:
        if issubclass(kind, base):
            return tag, list(parts_of(item))
    return None


def _packed(tag: bytes, parts: list[Any]) -> tuple[bytes, bytes] | None:
    """Return the tag and bytes of a list or tuple of numbers, all of one type and size."""
    if len(parts) < _PACKED_FROM or (named := _PACKED.get((tag, kind := type(parts[0])))) is None:
        return None
    try:
        if all(type(part) is kind for part in parts):
            return named[0], struct.pack(f">{len(parts)}{named[1]}", *parts)
        if all(type(part) is int or type(part) is float for part in parts):
            return _MIXED[tag], _mixed(parts)
    except struct.error:
        # One of them takes more than 64 bits.
        return None
    return None


def _mixed(parts: list[int | float]) -> bytes:
    """Return the bytes of integers and floats: which is which, the integers, the floats."""
    integers = [part for part in parts if type(part) is int]
    floats = [part for part in parts if type(part) is float]
    which = bytes(type(part) is float for part in parts)
    return which + struct.pack(f">{len(integers)}q", *integers) + struct.pack(f">{len(floats)}d", *floats)


def _unmixing(build: Callable[[Iterable[Any]], Any]) -> Callable[[bytes], Any]:
    def unmix(body: bytes) -> Any:
        count = len(body) // (1 + _NUMBER_BYTES)
        which, floats_at = body[:count], count + _NUMBER_BYTES * body.count(0, 0, count)
        integers = iter(struct.unpack(f">{which.count(0)}q", body[count:floats_at]))
        floats = iter(struct.unpack(f">{which.count(1)}d", body[floats_at:]))
        return build(next(floats) if is_float else next(integers) for is_float in which)

    return unmix


def _unpacking(build: Callable[[tuple[Any, ...]], Any], code: str) -> Callable[[bytes], Any]:
    def unpack(body: bytes) -> Any:
        return build(struct.unpack(f">{len(body) // _NUMBER_BYTES}{code}", body))

    return unpack


_EXACT = frozenset(id(kind) for kind in (list, tuple, set, frozenset, dict))


def _flat(pairs: Iterable[tuple[Any, Any]]) -> list[Any]:
    return [part for pair in pairs for part in pair]


def _items(kind: type) -> Callable[[Any], Iterable[tuple[Any, Any]]]:
    """Return what lists a dictionary's items: an OrderedDict keeps its order aside, where dict.items does not look."""
    # Whoever has one has imported it.
    ordered = getattr(sys.modules.get("collections"), "OrderedDict", None)
    if isinstance(ordered, type) and issubclass(ordered, dict) and issubclass(kind, ordered):
        return ordered.items
    return dict.items


class _Open:
    """A container whose parts are being read."""

    __slots__ = ("number", "parts", "tag", "wanted")

    def __init__(self, tag: bytes, wanted: int, number: int) -> None:
        self.tag = tag
        self.wanted = wanted
        self.number = number
        self.parts: list[Any] = []


def decode(data: bytes) -> Any:
    """Rebuild a value that refers to nothing.

    Raises:
        MalformedValueError: The bytes are not the encoding of one value, or exceed a cap.
    """
    return Decoder().decode(data)


class Decoder:
    """Reads one message.

    Attributes:
        containers: The message's containers by their numbers, once it is read.
    """

    def __init__(self, resolve: Resolve | None = None, given: Sequence[Any] = ()) -> None:
        """Prepare.

        Args:
            resolve: Finds what a reference means. None: there may be none.
            given: The containers of the message that this one answers.
        """
        self.containers: list[Any] = []
        self._resolve = resolve
        self._given = given
        self._stack: list[_Open] = []

    def decode(self, data: bytes) -> Any:
        """Rebuild a value.

        Raises:
            MalformedValueError: The bytes are not the encoding of one value, or exceed a cap.
        """
        if len(data) > BYTES_MAX:
            raise MalformedValueError("too large")
        position = 0
        nodes = 0
        while True:
            tag = data[position : position + 1]
            position += 1
            nodes += 1
            if nodes > NODES_MAX:
                raise MalformedValueError("too many parts")
            if tag in _CONSTANTS:
                value = _CONSTANTS[tag]
            elif tag in _BACKWARDS:
                value, position = self._look_back(tag, data, position)
            else:
                length, position = _read_length(data, position)
                if tag in _BUILDERS:
                    self._open(tag, length)
                    value = _PENDING
                else:
                    body = data[position : position + length]
                    position += length
                    if len(body) != length:
                        raise MalformedValueError("truncated")
                    value = self._scalar(tag, body)
            value = self._complete(value)
            if value is not _PENDING:
                if position != len(data):
                    raise MalformedValueError("bytes after the value")
                return value

    def _look_back(self, tag: bytes, data: bytes, position: int) -> tuple[Any, int]:
        end = position + _LENGTH.size
        if end > len(data):
            raise MalformedValueError("truncated")
        (number,) = _LENGTH.unpack_from(data, position)
        known = self.containers if tag == SAME else self._given
        if number >= len(known) or known[number] is _PENDING:
            raise MalformedValueError("a container that is not there")
        return known[number], end

    def _open(self, tag: bytes, length: int) -> None:
        if len(self._stack) >= DEPTH_MAX + 1:
            raise MalformedValueError("too deep")
        number = -1
        if tag not in _UNNUMBERED:
            number = len(self.containers)
            # A container that can hold itself is there before its parts are.
            self.containers.append(_EMPTY[tag]() if tag in _EMPTY else _PENDING)
        self._stack.append(_Open(tag, length, number))

    def _complete(self, value: Any) -> Any:
        """Put a finished value into its container, which may complete it and the next one out; return what is whole."""
        stack = self._stack
        while stack:
            if value is not _PENDING:
                stack[-1].parts.append(value)
            if len(stack[-1].parts) < stack[-1].wanted:
                return _PENDING
            value = self._close(stack.pop())
        return value

    def _close(self, opened: _Open) -> Any:
        try:
            built = _BUILDERS[opened.tag](opened.parts)
            if opened.tag in _EMPTY:
                whole = self.containers[opened.number]
                refill(whole, built)
                return whole
        except (TypeError, ValueError, ArithmeticError, IndexError, ImportError) as error:
            raise MalformedValueError(str(error)) from None
        if opened.number >= 0:
            self.containers[opened.number] = built
        return built

    def _scalar(self, tag: bytes, body: bytes) -> Any:
        if tag in _REFERENCES:
            if self._resolve is None:
                raise MalformedValueError("a reference where none may be")
            return self._resolve(tag, body)
        try:
            build = _READERS.get(tag)
            value = library.decode(tag, body) if build is None else build(body)
        except KeyError:
            raise MalformedValueError(f"unknown tag {tag!r}") from None
        except (struct.error, ValueError, TypeError, ArithmeticError, ImportError) as error:
            raise MalformedValueError(str(error)) from None
        if tag in _WHOLE:
            self.containers.append(value)
        return value


def refill(container: Any, content: Any) -> None:
    """Make a mutable container hold what another of its type holds, and stay the object that it is."""
    if isinstance(container, (list, bytearray)):
        container[:] = content
        return
    container.clear()
    if isinstance(container, dict):
        # Never update(): a Counter adds, and an OrderedDict's order is kept by its own way of setting items.
        for key, value in content.items():
            container[key] = value
    elif isinstance(container, set):
        container.update(content)
    else:
        container.extend(content)


_PENDING = object()
_BACKWARDS = frozenset({SAME, GIVEN})
_REFERENCES = frozenset({REMOTE, LOCAL, GLOBAL})


def _read_length(data: bytes, position: int) -> tuple[int, int]:
    end = position + _LENGTH.size
    if end > len(data):
        raise MalformedValueError("truncated")
    (length,) = _LENGTH.unpack_from(data, position)
    # Each part takes a byte at least: a length beyond what is left is a lie, and lists must not be sized by it.
    if length > len(data) - end:
        raise MalformedValueError("length beyond the end")
    return length, end


_READERS: dict[bytes, Callable[[bytes], Any]] = {
    b"i": lambda body: int.from_bytes(body, "big", signed=True),
    b"f": lambda body: _FLOAT.unpack(body)[0],
    b"c": lambda body: complex(*_COMPLEX.unpack(body)),
    b"s": lambda body: body.decode("utf-8", "surrogatepass"),
    b"b": bytes,
    b"a": bytearray,
    arrays.ARRAY: arrays.array,
    arrays.NUMBER: arrays.number,
    **{tag: _unpacking(list if container == b"l" else tuple, code) for (container, _), (tag, code) in _PACKED.items()},
    **{tag: _unmixing(list if container == b"l" else tuple) for container, tag in _MIXED.items()},
}
_WHOLE = frozenset({b"a", arrays.ARRAY, *(tag for tag, _ in _PACKED.values()), *_MIXED.values()})
"""Containers that are read at once."""


def _range(*parts: Any) -> range:
    # An object of the program would be asked for its number, in the middle of its answer.
    if any(type(part) is not int for part in parts):
        raise ValueError("a range of other things than numbers")
    return range(*parts)


def _slice(start: Any, stop: Any, step: Any) -> slice:
    return slice(start, stop, step)


def pairs(parts: list[Any]) -> dict[Any, Any]:
    """Make a dictionary of keys and values in turn.

    Raises:
        ValueError: A key has no value. Or TypeError: it cannot be a key.
    """
    return dict(zip(parts[::2], parts[1::2], strict=True))


_EMPTY: dict[bytes, Callable[[], Any]] = {b"l": list, b"S": set, b"d": dict}
_UNNUMBERED = frozenset({b"r", b"/"})
_BUILDERS: dict[bytes, Callable[[list[Any]], Any]] = {
    b"l": list,
    b"t": tuple,
    b"S": set,
    b"Z": frozenset,
    b"d": pairs,
    b"K": lambda parts: dict.fromkeys(parts).keys(),
    b"V": lambda parts: dict(enumerate(parts)).values(),
    b"M": lambda parts: pairs(parts).items(),
    b"r": lambda parts: _range(*parts),
    b"/": lambda parts: _slice(*parts),
    **library.BUILDERS,
}
