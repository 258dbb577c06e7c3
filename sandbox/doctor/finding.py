"""What the doctor found out about one limit, or about the machine."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

_SEEN_CHARACTERS_MAX = 160


class FindingStatus(Enum):
    """Whether a limit binds."""

    OK = "OK"
    NOTE = "NOTE"
    """It binds, or nothing rests on it; but somebody should know."""
    BROKEN = "BROKEN"
    """It was attacked, and did not bind."""
    UNKNOWN = "UNKNOWN"
    """It could not be attacked, so nothing is proven."""


# From what is best to what is worst: of several findings about one limit, the worst counts.
_SEVERITY = (FindingStatus.OK, FindingStatus.NOTE, FindingStatus.UNKNOWN, FindingStatus.BROKEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor's report.

    Attributes:
        name: The limit, by its name in `Limits` or in the policy, or what else was looked at.
        expected: What must be.
        seen: What was; plain text, short, without anything that a terminal would act on.
        status: What that means.
        fix: What to do about it; empty when there is nothing to do.
    """

    name: str
    expected: str
    seen: str
    status: FindingStatus
    fix: str = ""

    @property
    def is_proof(self) -> bool:
        """Whether the limit may be relied on."""
        return self.status in {FindingStatus.OK, FindingStatus.NOTE}


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return one finding for each name: the worst status, and everything that was expected and seen."""
    found: dict[str, Finding] = {}
    for finding in findings:
        first = found.get(finding.name)
        if first is None:
            found[finding.name] = finding
            continue
        found[finding.name] = replace(
            first,
            expected=_both(first.expected, finding.expected),
            seen=_both(first.seen, finding.seen),
            status=max(first.status, finding.status, key=_SEVERITY.index),
            fix=first.fix or finding.fix,
        )
    return tuple(found.values())


def _both(first: str, second: str) -> str:
    return first if second in first.split("; ") else f"{first}; {second}"


def plain(text: str) -> str:
    """Return text from a box as one short line of ASCII; what a terminal would act on is escaped."""
    line = text.encode("ascii", "backslashreplace").decode("ascii")
    shown = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in line)
    return shown if len(shown) <= _SEEN_CHARACTERS_MAX else shown[:_SEEN_CHARACTERS_MAX] + "..."
