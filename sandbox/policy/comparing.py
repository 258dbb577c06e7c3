"""What is different between two policies, and whether it lets a program do more or less."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from sandbox.diagnostics import Diagnostics
from sandbox.policy.keys import BY_PATH, Key, Kind
from sandbox.policy.reading import Draft
from sandbox.seccomp.numbers import NUMBERS
from sandbox.seccomp.profile import Profile
from sandbox.verdict import Integrity


class Direction(Enum):
    """Where a change goes."""

    LOOSER = "looser"
    TIGHTER = "tighter"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting that two policies have differently. None: that policy does not have it."""

    path: str
    before: Any
    after: Any
    direction: Direction


@dataclass(frozen=True, slots=True)
class CallDifference:
    """System calls of which two profiles make something else, all in the same way."""

    text: str
    names: tuple[str, ...]
    direction: Direction


def call_differences(before: Profile, after: Profile) -> list[CallDifference]:
    """Return what two profiles make something else of; their comments do not count."""
    found: dict[tuple[str, Direction], list[str]] = {}
    for name in sorted(NUMBERS):
        if (difference := _call_difference(before, after, name)) is not None:
            found.setdefault(difference, []).append(name)
    return [CallDifference(text, tuple(names), direction) for (text, direction), names in found.items()]


def _call_difference(before: Profile, after: Profile, name: str) -> tuple[str, Direction] | None:
    old, new = before.permission(name), after.permission(name)
    if old == new:
        is_same = bool(new) or before.answer(name) is after.answer(name)
        return None if is_same else ("system calls that are denied in another way", Direction.OTHER)
    if not old or not new:
        return ("more system calls", Direction.LOOSER) if new else ("fewer system calls", Direction.TIGHTER)
    if () in old or () in new:
        loses = () in new
        return f"system calls {'without' if loses else 'with'} conditions", (
            Direction.LOOSER if loses else Direction.TIGHTER
        )
    direction = Direction.LOOSER if new > old else Direction.TIGHTER if new < old else Direction.OTHER
    return "system calls with other conditions", direction


def differences(before: Draft, after: Draft) -> list[Difference]:
    """Return the settings that differ, those of the tables in the order of the table of keys."""
    order = {path: position for position, path in enumerate(BY_PATH)}
    paths = sorted({*before.settings, *after.settings}, key=lambda path: (order.get(path, len(order)), path))
    found = []
    for path in paths:
        old, new = (draft.settings[path].value if path in draft.settings else None for draft in (before, after))
        if old != new:
            found.append(Difference(path, old, new, _direction(path, old, new)))
    return found


def _direction(path: str, old: Any, new: Any) -> Direction:
    if old is None or new is None or path not in BY_PATH:
        return Direction.OTHER
    before, after = _looseness(BY_PATH[path], old), _looseness(BY_PATH[path], new)
    if before is None or not (after < before or after > before):
        return Direction.OTHER
    return Direction.LOOSER if after > before else Direction.TIGHTER


def _looseness(key: Key, value: Any) -> Any:
    """Return what is greater the more a program may do; None where nothing is. Sets are greater than their subsets."""
    if key.kind is Kind.NUMBER:
        return None if key.name in {"uid", "gid"} else value
    match key.path:
        case "diagnostics_max":
            return Diagnostics(value).rank
        case "integrity.default":
            return -list(Integrity).index(Integrity(value))
        case "integrity.allowed" | "seccomp.allow":
            return frozenset(value)
        case "seccomp.deny":
            return frozenset(NUMBERS).difference(value)
    return None
