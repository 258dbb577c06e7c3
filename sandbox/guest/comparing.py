"""Whether a program's output is what was expected. The program chose it: it is cut and compared, never more."""

from sandbox.guest.frames import EXACT, LINES, NUMBERS, TOKENS, UNORDERED_LINES

_NUMBER_BYTES_MAX = 400
_NUMBER_BYTES = frozenset(b"0123456789+-.eE")


def is_equal(how: int, tolerance: float, output: bytes, expected: bytes) -> bool:
    """Compare an output with the expected one.

    Args:
        how: One of the comparators.
        tolerance: How far numbers may be apart: absolutely, or as a part of the expected one, whichever is more.
        output: What the program wrote.
        expected: What it should have written.

    Raises:
        ValueError: There is no such comparator.
    """
    if how == LINES:
        return lines(output) == lines(expected)
    if how == EXACT:
        return output == expected
    if how == UNORDERED_LINES:
        return sorted(lines(output)) == sorted(lines(expected))
    if how == TOKENS:
        return output.split() == expected.split()
    if how == NUMBERS:
        ours, theirs = expected.split(), output.split()
        return len(ours) == len(theirs) and all(
            their == our or _is_near(their, our, tolerance) for our, their in zip(ours, theirs, strict=True)
        )
    raise ValueError(f"no comparator {how}")


def lines(data: bytes) -> list[bytes]:
    """Split into lines without trailing white space, without trailing empty lines."""
    return [line.rstrip() for line in data.rstrip().split(b"\n")]


def _is_near(token: bytes, expected: bytes, tolerance: float) -> bool:
    actual, wanted = _number(token), _number(expected)
    if actual is None or wanted is None:
        return False
    if tolerance == 0:
        # As floats, numbers beyond 2 ** 53 would be those beside them.
        return _is_same_decimal(token.decode(), expected.decode())
    # Infinity, which a number too large becomes, is near to nothing: its difference is no number, or infinite.
    return abs(actual - wanted) <= tolerance * max(1.0, abs(wanted)) < float("inf")


def _is_same_decimal(text: str, expected: str) -> bool:
    decimal = __import__("decimal")
    try:
        return bool(decimal.Decimal(text) == decimal.Decimal(expected))
    except decimal.InvalidOperation:
        # An exponent beyond all that decimals have.
        return False


def _number(token: bytes) -> float | None:
    """Return a plain decimal number; None for anything else that float() would take, such as `nan` or `1_0`."""
    if len(token) > _NUMBER_BYTES_MAX or not _NUMBER_BYTES.issuperset(token):
        return None
    try:
        return float(token)
    except ValueError:
        return None
