"""When an output is the expected one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.guest import frames
from sandbox.guest.comparing import is_equal

EQUAL = {
    frames.LINES: [(b"a \nb\n\n", b"a\nb"), (b"", b"\n"), (b"a\r\nb", b"a\nb")],
    frames.EXACT: [(b"a\n", b"a\n")],
    frames.TOKENS: [(b"1  2\n3", b"1 2 3\n"), (b"", b" ")],
    frames.NUMBERS: [
        (b"0.30000000000000004 x", b"0.3 x"),
        (b"1000000.5", b"1000000"),
        (b"1e3 -0", b"1000 0"),
        (b"nan", b"nan"),
        (b"inf", b"inf"),
        (b"-.5", b"-0.5"),
    ],
    frames.UNORDERED_LINES: [(b"b\na \na", b"a\na\nb\n")],
}
DIFFERENT = {
    frames.LINES: [(b"a b", b"a  b"), (b" a", b"a"), (b"a\n\nb", b"a\nb"), (b"1.0", b"1")],
    frames.EXACT: [(b"a", b"a\n"), (b"", b" ")],
    frames.TOKENS: [(b"12", b"1 2"), (b"1", b"1 1"), (b"1.0", b"1")],
    frames.NUMBERS: [
        (b"0.31", b"0.3"),
        (b"1 2", b"1"),
        (b"x", b"y"),
        (b"nan", b"1"),
        (b"1", b"nan"),
        (b"inf", b"1"),
        (b"1e999", b"1e998"),
        (b"1_0", b"10"),
        (b"0x10", b"16"),
        (b"1" * 500, b"1" * 499 + b"2"),
        ("\u0661".encode(), b"1"),
    ],
    frames.UNORDERED_LINES: [(b"a\nb", b"a\nb\nb"), (b"a\na\nb", b"a\nb\nb")],
}


@pytest.mark.parametrize(
    ("how", "output", "expected"), [(how, *pair) for how, pairs in EQUAL.items() for pair in pairs]
)
def test_what_is_the_same(how: int, output: bytes, expected: bytes) -> None:
    assert is_equal(how, 1e-6, output, expected)


@pytest.mark.parametrize(
    ("how", "output", "expected"), [(how, *pair) for how, pairs in DIFFERENT.items() for pair in pairs]
)
def test_what_is_not(how: int, output: bytes, expected: bytes) -> None:
    assert not is_equal(how, 1e-6, output, expected)


@pytest.mark.parametrize(
    ("output", "expected", "same"),
    [
        (b"9007199254740993", b"9007199254740992", False),
        (b"9007199254740992.0", b"9007199254740993", False),
        (b"0.1000000000000000055511151231257827", b"0.1", False),
        (b"1e2 1.50 -0 +7", b"100 1.5 0 7", True),
        (b"1e99999999999999999999", b"1e99999999999999999998", False),
        (b"1e999999999", b"1", False),
    ],
)
def test_numbers_without_tolerance_are_compared_exactly(output: bytes, expected: bytes, same: bool) -> None:
    assert is_equal(frames.NUMBERS, 0.0, output, expected) is same


@given(st.sampled_from(sorted(EQUAL)), st.binary(), st.binary())
def test_everything_is_equal_to_itself_and_comparing_never_fails(how: int, one: bytes, other: bytes) -> None:
    assert is_equal(how, 0.0, one, one)
    is_equal(how, 0.5, one, other)


def test_a_tolerance_is_of_the_expected_number_or_absolute() -> None:
    assert is_equal(frames.NUMBERS, 0.1, b"109", b"100")
    assert not is_equal(frames.NUMBERS, 0.1, b"111", b"100")
    assert is_equal(frames.NUMBERS, 0.1, b"0.09", b"0")
    assert not is_equal(frames.NUMBERS, 0.0, b"0.09", b"0")
    with pytest.raises(ValueError, match="comparator"):
        is_equal(9, 0.0, b"", b"")
