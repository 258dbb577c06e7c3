"""What became of the same jobs under two policies."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sandbox.verdict import JobResult, ServiceError


@dataclass(frozen=True, slots=True)
class Change:
    """A job that came to something else.

    Attributes:
        name: Whose sample it is.
        before: Cause under the one policy.
        after: Cause under the other.
        is_steady: Whether each policy said the same when it was asked again.
    """

    name: str
    before: str
    after: str
    is_steady: bool


def word(result: JobResult) -> str:
    """Return the cause of a verdict, or the code of what kept us from one."""
    return result.code.value if isinstance(result, ServiceError) else result.cause.value


def changed(before: Mapping[int, str], after: Mapping[int, str]) -> list[int]:
    """Return the samples, by index, that came to something else."""
    return sorted(index for index in before if after.get(index) != before[index])


def changes(
    names: Mapping[int, str], before: Mapping[int, str], after: Mapping[int, str], again: Iterable[Mapping[int, str]]
) -> list[Change]:
    """Say what changed, and whether it did so again.

    Args:
        names: Of the samples, by index.
        before: Words under the one policy.
        after: Words under the other.
        again: The same two, once more, for those that changed.
    """
    before_again, after_again = again
    return [
        Change(
            names[index],
            before[index],
            after.get(index, "nothing"),
            before_again.get(index) == before[index] and after_again.get(index) == after.get(index),
        )
        for index in changed(before, after)
    ]
