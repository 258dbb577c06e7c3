"""numpy's arrays and numbers across the wall: what comes out is plain, and nothing else comes out."""

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.guest import arrays, exchange, frames, values
from tests.unit.roles import judge

PLAIN = [
    np.array([1, 2, 3]),
    np.array([], dtype="f4"),
    np.array(5.5),
    np.arange(24, dtype=">i2").reshape(2, 3, 4),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.arange(10)[::-2],
    np.array([True, False]),
    np.array([1 + 2j]),
    np.array([float("nan"), -0.0, float("inf")]),
    np.array(["2024-01-02", "NaT"], dtype="M8[D]"),
    np.array([1, 2], dtype="m8[ns]"),
    np.zeros((0, 5)),
]
NUMBERS = [np.int64(-5), np.uint8(255), np.float64(0.1), np.float32(0.1), np.bool_(True), np.complex128(1j)]


@pytest.mark.parametrize("array", PLAIN, ids=lambda array: f"{array.dtype.str}{array.shape}")
def test_arrays_come_back_as_they_were(array: Any) -> None:
    back = values.decode(values.encode([array, array]))[0]
    assert type(back) is np.ndarray
    assert (back.dtype.str, back.shape) == (array.dtype.str, array.shape)
    assert back.tobytes() == array.tobytes()
    assert back.flags.writeable
    assert back.base is None or back.base.base is None


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: type(number).__name__)
def test_numbers_come_back_as_they_were(number: Any) -> None:
    back = values.decode(values.encode({"a": number}))["a"]
    assert (type(back), back) == (type(number), number)


def test_one_array_twice_is_one_array() -> None:
    array = np.arange(3)
    back = values.decode(values.encode([array, [array]]))
    assert back[0] is back[1][0]


class Own(np.ndarray[Any, Any]):
    pass


class OwnNumber(np.float64):
    pass


@pytest.mark.parametrize(
    "item",
    [
        np.array([object()]),
        np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        np.array(["text"]),
        np.arange(3).view(Own),
        np.ma.masked_array([1, 2], [0, 1]),
        np.datetime64("2024", "25s"),
    ],
    ids=["objects", "fields", "texts", "subclass", "masked", "odd_unit"],
)
def test_what_is_not_plain_does_not_cross_as_an_array(item: Any) -> None:
    assert arrays.encode(item) is None
    with pytest.raises(values.UnsupportedValueError):
        values.encode(item)


def test_a_number_of_a_class_of_ones_own_is_a_plain_one() -> None:
    assert type(values.decode(values.encode(OwnNumber(1.5)))) is float


def head(name: bytes, *shape: int, dimensions: int | None = None) -> bytes:
    count = len(shape) if dimensions is None else dimensions
    return struct.pack(">BBB", len(name), count, 1) + name + struct.pack(f">{len(shape)}Q", *shape)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x03",
        head(b"<i8", 2) + b"1234567",
        head(b"<i8", 2**63, 2**63),
        head(b"|O", 1) + b"12345678",
        head(b"|O8", 1) + b"12345678",
        head(b"V8", 1) + b"12345678",
        head(b"<i4,<i4", 1) + b"12345678",
        head(b"|b1", 1) + b"\2",
        head(b"<U1", 1) + b"\xff\xff\xff\xff",
        head(b"<i8", *[1] * 33) + b"12345678",
        head(b"<i8", 0, 2**63),
        head(b"\xff\xff", 1) + b"1",
        head(b"<i8", dimensions=9),
        head(b"os.system", 1) + b"1",
    ],
)
@pytest.mark.parametrize("tag", [arrays.ARRAY, arrays.NUMBER])
def test_bytes_that_are_no_array_are_malformed(tag: bytes, body: bytes) -> None:
    with pytest.raises(values.MalformedValueError):
        values.decode(tag + struct.pack(">I", len(body)) + body)


def test_a_number_is_no_array() -> None:
    body = head(b"<i8", 1) + b"12345678"
    with pytest.raises(values.MalformedValueError):
        values.decode(arrays.NUMBER + struct.pack(">I", len(body)) + body)


@given(st.binary(max_size=60))
def test_any_bytes_are_an_array_or_malformed(body: bytes) -> None:
    try:
        back = values.decode(arrays.ARRAY + struct.pack(">I", len(body)) + body)
    except values.MalformedValueError:
        return
    assert type(back) is np.ndarray
    assert values.encode(back) == arrays.ARRAY + struct.pack(">I", len(body)) + body


def test_a_change_in_place_comes_back() -> None:
    theirs, ours = np.arange(6).reshape(2, 3), np.arange(6).reshape(2, 3)
    before = exchange.look_at([theirs])
    theirs[1] *= 2
    changes = exchange.changes([theirs], before)
    exchange.apply(values.decode(values.encode(changes)), [ours])
    assert (ours == theirs).all()


@pytest.mark.parametrize("content", [b"short", [1, 2, 3], 5])
def test_a_change_to_something_else_is_malformed(content: Any) -> None:
    with pytest.raises(values.MalformedValueError):
        exchange.apply([[0, content]], [np.arange(3)])


def test_tests_and_program_pass_arrays() -> None:
    program = """
import numpy as np
def mean(a): return a.mean()
def double(a): a *= 2
def eye(n): return np.eye(n), np.int32(n)
class Always:
    def __eq__(self, other): return True
def liar(): return np.array([Always()], dtype=object)
"""
    tests = """
import numpy as np
a = np.arange(4.0)
assert mean(a) == 1.5 and type(mean(a)) is np.float64
double(a)
assert a.tolist() == [0, 2, 4, 6]
matrix, n = eye(2)
np.testing.assert_array_equal(matrix, [[1, 0], [0, 1]])
assert type(n) is np.int32 and n == 2
"""
    assert judge(program, tests).passed
    told = judge("def f(a): a.resize(9, refcheck=False)", "import numpy as np\nf(np.arange(3))\nassert f")
    assert told.results[0][1] == frames.UNSUPPORTED_VALUE
    frozen = "import numpy as np\na = np.arange(3)\na.flags.writeable = False\n"
    write = "try:\n    f(a)\nexcept ValueError:\n    pass\nelse:\n    assert False\nassert a.tolist() == [0, 1, 2]"
    assert judge("def f(a): a[0] = 9", frozen + write).passed
    seeded = "import numpy as np\nnp.random.seed(1)\nx = f()\nnp.random.seed(1)\nassert x == np.random.rand()"
    assert judge("import numpy as np\nf = np.random.rand", seeded).passed
    assert not judge(program, "assert (liar() == 5)").passed
    assert not judge(program, "import numpy as np\nassert np.array_equal(liar(), np.array([5]))").passed
    assert not judge(program, "import numpy as np\nnp.testing.assert_array_equal(liar(), np.array([5]))").passed


def test_an_object_that_says_where_its_array_is_is_not_believed() -> None:
    # numpy would read whatever address it is told: the tests' own memory, expected values and all.
    program = """
import numpy as np
hidden = np.array([1.0, 2.0])
class Pointer:
    __array_interface__ = {"shape": (2,), "typestr": "<f8", "data": (hidden.ctypes.data, False), "version": 3}
    def __array__(self, *args, **kwargs): return hidden
    def __array_ufunc__(self, *args, **kwargs): return True
    def __array_function__(self, *args, **kwargs): return True
    def __len__(self): return 0
def f(): return Pointer()
"""
    for check in (
        "np.allclose(f(), [1.0, 2.0])",
        "(np.array([1.0, 2.0]) == f()).all()",
        "np.asarray(f()).tolist() == [1, 2]",
    ):
        told = judge(program, f"import numpy as np\nassert {check}")
        assert not told.passed, check
