"""Data cases: one function of the program, called with arguments, and what it must return. No test code at all."""

from __future__ import annotations

import math

from sandbox.guest import arrays, frames
from sandbox.guest.bridge import Bridge
from sandbox.guest.judging import TestsError, attempt, load_program, report
from sandbox.guest.proxies import ProgramNames
from sandbox.guest.serving import describe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sandbox.guest.judging import Tell
    from sandbox.guest.lane import Lane

_DEPTH_MAX = 100
_ALIKE: tuple[tuple[type, ...], ...] = ((dict,), (set, frozenset))


def judge_calls(cases: list[tuple[bytes, bytes]], function: str, tolerance: float, lane: Lane, tell: Tell) -> None:
    """Call the function once for each case, in one process of the program.

    Args:
        cases: Python expressions: of the arguments, as a tuple or a list, and of the expected result.
        function: Its name in the program.
        tolerance: How far floats may be apart, anywhere in a result: absolutely, or as a part of the expected one,
            whichever is more.
        lane: The way to the program.
        tell: The way to the host.

    Raises:
        TestsError: An expression is none, or arguments are no tuple or list.
        ProgramGoneError: The program ended first.
        ViolationError: It spoke out of turn.
    """
    values = [(_arguments(given), _value(expected)) for given, expected in cases]
    names = load_program(lane, tell)
    if names is None:
        return
    program = ProgramNames(Bridge(lane), names)
    tell(frames.PLAN, frames.PLAN_BODY.pack(len(values)))

    def call(given: Any, expected: Any) -> None:
        try:
            called = program.of_program(function)
        except KeyError:
            raise NameError(f"the program has no function {function!r}") from None
        result = called(*given)
        if not is_near(result, expected, tolerance):
            raise AssertionError(f"returned {_shown(result)} instead of {_shown(expected)}")

    for index, (given, expected) in enumerate(values):
        report(tell, index, attempt(lane, lambda: call(given, expected)))  # noqa: B023 (called at once)


def _value(source: bytes) -> Any:
    try:
        return eval(compile(source.strip(), "case", "eval", dont_inherit=True), {})  # noqa: S307 (the tests' own)
    except Exception as error:
        raise TestsError(f"a case that is no expression: {describe(error)}") from None


def _arguments(source: bytes) -> tuple[Any, ...]:
    value = _value(source)
    if not isinstance(value, (tuple, list)):
        raise TestsError("the arguments of a case must be a tuple or a list")
    return tuple(value)


def is_near(result: Any, expected: Any, tolerance: float, depth: int = 0) -> bool:
    """Compare a result with what is expected: equal, of the same types of containers, and floats near each other.

    A number of numpy's is one, and a dictionary or a set of another of the library's types is one, too. Nothing of the
    program's is asked: an object of its own equals no value.
    """
    result = arrays.plain(result)
    if type(expected) is float and type(result) in {int, float}:
        return _is_near_number(result, expected, tolerance)
    is_alike = type(result) is type(expected) or any(
        type(expected) in kinds and isinstance(result, kinds) for kinds in _ALIKE
    )
    if not is_alike or depth > _DEPTH_MAX:
        return type(result) in {bool, int, float} and type(expected) in {bool, int} and result == expected
    if isinstance(expected, (list, tuple)):
        return len(result) == len(expected) and all(
            is_near(one, other, tolerance, depth + 1) for one, other in zip(result, expected, strict=True)
        )
    if isinstance(expected, dict):
        return result.keys() == expected.keys() and all(
            is_near(result[key], value, tolerance, depth + 1) for key, value in expected.items()
        )
    return bool(result == expected)


def _is_near_number(result: float, expected: float, tolerance: float) -> bool:
    if math.isnan(expected):
        return math.isnan(result)
    try:
        return result == expected or abs(result - expected) <= tolerance * max(1.0, abs(expected)) < math.inf
    except OverflowError:
        # An integer beyond all floats.
        return False


def _shown(value: Any) -> str:
    try:
        return repr(value)[:200]
    except Exception:
        return f"a value of type {type(value).__name__!r}"
