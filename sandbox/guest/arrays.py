"""numpy's arrays and numbers as raw buffers, where the image has numpy and somebody has imported it.

What comes out is a plain array or number of a plain type: no objects, no fields, no subclass, so that comparing it runs
numpy's own code and nothing of the program's. Anything else of numpy's stays with the program and is referred to.
"""

from __future__ import annotations

import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ARRAY, NUMBER = b"#", b"%"

_HEAD = struct.Struct(">BBB")
"""Length of the type's name, number of dimensions, whether it may be written to. Name, dimensions and buffer follow."""
_DIMENSION = ">{}Q"
_DIMENSIONS_MAX = 32
_UNITS = ("Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns")
_TYPES = frozenset(
    order + kind
    for order, kinds in (
        ("|", ("b1", "i1", "u1")),
        *((order, ("i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "f16", "c8", "c16", "c32")) for order in "<>"),
        *((order, [f"{kind}8[{unit}]" for kind in "mM" for unit in _UNITS]) for order in "<>"),
    )
    for kind in kinds
)


def _numpy() -> Any:
    return sys.modules.get("numpy")


def is_array(item: Any) -> bool:
    """Tell whether it is an array that can cross."""
    kind = getattr(_numpy(), "ndarray", None)
    return kind is not None and type(item) is kind and item.dtype.str in _TYPES


def plain(item: Any) -> Any:
    """Return a number of numpy's as Python's own, and anything else as it is."""
    generic = getattr(_numpy(), "generic", None)
    return item.item() if generic is not None and issubclass(type(item), generic) else item


def encode(item: Any) -> tuple[bytes, bytes] | None:
    """Return the tag and the bytes of an array or a number; None when it is none of these."""
    if is_array(item):
        name = item.dtype.str.encode("ascii")
        shape = struct.pack(_DIMENSION.format(item.ndim), *item.shape)
        return ARRAY, _HEAD.pack(len(name), item.ndim, item.flags.writeable) + name + shape + item.tobytes()
    generic = getattr(_numpy(), "generic", None)
    # Its own numbers only: a class that derives from one may say anything of its bytes.
    if generic is None or not issubclass(type(item), generic) or type(item).__module__ != "numpy":
        return None
    if item.dtype.str not in _TYPES or item.dtype.type is not type(item):
        return None
    name = item.dtype.str.encode("ascii")
    return NUMBER, _HEAD.pack(len(name), 0, True) + name + item.tobytes()


def array(body: bytes) -> Any:
    """Rebuild an array.

    Raises:
        ValueError: The bytes are not what `encode` writes. Or struct.error, ImportError.
    """
    length, dimensions, writeable = _HEAD.unpack_from(body)
    name = body[_HEAD.size : _HEAD.size + length].decode("ascii")
    if name not in _TYPES or dimensions > _DIMENSIONS_MAX or writeable > 1:
        raise ValueError("an array of no plain type")
    shape = struct.unpack_from(_DIMENSION.format(dimensions), body, _HEAD.size + length)
    data = body[_HEAD.size + length + 8 * dimensions :]
    numpy = __import__("numpy")
    kind = numpy.dtype(name)
    size = kind.itemsize
    for dimension in shape:
        size *= dimension
    if size != len(data):
        raise ValueError("an array of another size than it says")
    if name == "|b1" and data.strip(b"\0\1"):
        raise ValueError("a truth value that is neither true nor false")
    built = numpy.frombuffer(data, kind).reshape(shape).copy() if data else numpy.empty(shape, kind)
    built.flags.writeable = bool(writeable)
    return built


def number(body: bytes) -> Any:
    """Rebuild a number.

    Raises:
        ValueError: The bytes are not what `encode` writes. Or struct.error, ImportError.
    """
    built = array(body)
    if built.shape != ():
        raise ValueError("a number of several")
    return built[()]


def refill(container: Any, data: bytes) -> None:
    """Make an array hold what another one of its type and shape holds.

    Raises:
        ValueError: It is of another size, or it cannot be written to.
    """
    if container.nbytes != len(data):
        raise ValueError("an array that has changed its size")
    if data:
        container[...] = __import__("numpy").frombuffer(data, container.dtype).reshape(container.shape)
