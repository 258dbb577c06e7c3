"""From a profile to a filter as the kernel takes it: classic BPF over struct seccomp_data.

The reference is seccomp(2). gVisor runs a filter once for each number of a call when it is put on, and remembers what
came of it unless an argument was looked at; so what costs is its longest way, and numbers are found by halving.
"""

import struct
from collections.abc import Mapping

from sandbox.seccomp.numbers import numbers_of
from sandbox.seccomp.profile import Action, Argument, Comparison, Profile, Rule

_INSTRUCTION = struct.Struct("=HBBI")
"""code, jump if true, jump if false, operand"""

Instruction = tuple[int, int, int, int]

_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_JUMP, _IF_EQUAL, _IF_GREATER_OR_EQUAL = 0x05, 0x15, 0x35
# struct seccomp_data: number, architecture, instruction pointer, then six arguments of 64 bits.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

_KILL = 0x00000000
_RETURNS = {
    Action.ALLOW: 0x7FFF0000,
    Action.ERRNO: 0x00050000 | 1,
    Action.KILL: _KILL,
    Action.TRAP: 0x00030000,
}
_NOT_THERE = 0x00050000 | 38
"""ENOSYS. Only then does the C library fall back from clone3, whose flags no filter can see, to clone."""

_WORD = 0xFFFFFFFF
_REACH = 0xFF
"""Instructions that a conditional jump can pass over; the other one reaches all."""


def filter_of(profile: Profile, machine: str) -> bytes:
    """Return the filter.

    Args:
        profile: What it does.
        machine: The kind of machine, as `uname -m` names it.

    Raises:
        KeyError: There are no numbers of calls for such a machine.
    """
    numbers = numbers_of(machine)
    lines: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        # Another calling convention has other numbers: 32-bit code could walk around the filter.
        (_IF_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    default = _RETURNS[profile.default]
    conditional: dict[int, list[Rule]] = {}
    for rule in profile.rules:
        for name in rule.names:
            if rule.arguments and name in numbers:
                conditional.setdefault(numbers[name], []).append(rule)
    for number, rules in conditional.items():
        block = [line for rule in rules for line in _conditional(rule)]
        block.append((_RETURN, 0, 0, default))
        lines += _skip_unless(number, block)
    lines += _search(_intervals(_plain(profile, numbers), default))
    return b"".join(_INSTRUCTION.pack(*line) for line in lines)


def _plain(profile: Profile, numbers: Mapping[str, int]) -> dict[int, int]:
    """Return what becomes of the calls that no argument decides about."""
    found = {
        numbers[name]: _RETURNS[rule.action]
        for rule in profile.rules
        if not rule.arguments
        for name in rule.names
        if name in numbers
    }
    if profile.default is Action.ERRNO:
        found.setdefault(numbers["clone3"], _NOT_THERE)
    return found


def _intervals(values: Mapping[int, int], default: int) -> list[tuple[int, int]]:
    """Return where what becomes of a call changes: (first number, value), from 0 on."""
    found = [(0, values.get(0, default))]
    for number in sorted({edge for each in values for edge in (each, each + 1)}):
        value = values.get(number, default)
        if value != found[-1][1]:
            found.append((number, value))
    return found


def _search(intervals: list[tuple[int, int]]) -> list[Instruction]:
    """Find the interval that the number is in, by halves."""
    if len(intervals) == 1:
        return [(_RETURN, 0, 0, intervals[0][1])]
    middle = len(intervals) // 2
    low, high = _search(intervals[:middle]), _search(intervals[middle:])
    if len(low) <= _REACH:
        return [(_IF_GREATER_OR_EQUAL, len(low), 0, intervals[middle][0]), *low, *high]
    return [
        (_IF_GREATER_OR_EQUAL, 0, 1, intervals[middle][0]),
        (_JUMP, 0, 0, len(low)),
        *low,
        *high,
    ]


def _skip_unless(number: int, block: list[Instruction]) -> list[Instruction]:
    return [(_IF_EQUAL, 1, 0, number), (_JUMP, 0, 0, len(block)), *block]


def _conditional(rule: Rule) -> list[Instruction]:
    """Return from the filter if all conditions hold; else walk on behind."""
    end: list[Instruction] = [(_RETURN, 0, 0, _RETURNS[rule.action])]
    for argument in reversed(rule.arguments):
        end = [*_condition(argument, len(end)), *end]
    return end


def _condition(argument: Argument, behind: int) -> list[Instruction]:
    """Walk on if the condition holds; else jump over so many instructions."""
    place = _ARGUMENTS + 8 * argument.index
    is_masked = argument.comparison is Comparison.MASKED_EQUAL
    mask, wanted = (argument.value, argument.masked) if is_masked else (_WORD << 32 | _WORD, argument.value)
    # Both kinds of machine have the low half first.
    halves = ((place, mask & _WORD, wanted & _WORD), (place + 4, mask >> 32, wanted >> 32))
    low, high = ([(_LOAD, 0, 0, where), (_AND, 0, 0, half), (_IF_EQUAL, 0, 0, value)] for where, half, value in halves)
    if argument.comparison is Comparison.NOT_EQUAL:
        # Walks on if either half differs.
        low[-1] = (_IF_EQUAL, 0, len(high), low[-1][3])
        high[-1] = (_IF_EQUAL, behind, 0, high[-1][3])
    else:
        low[-1] = (_IF_EQUAL, 0, len(high) + behind, low[-1][3])
        high[-1] = (_IF_EQUAL, 0, behind, high[-1][3])
    return [*low, *high]
