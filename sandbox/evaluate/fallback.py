"""Which problems' tests cannot be split from the program: those whose own solution passes only in one process.

A sample that passes proves that its problem's tests can be split. Of a problem without any, the reference solution is
asked, first split and then in one process. Only where the second passes and the first does not, the split is at fault.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sandbox.evaluate.samples import Sample
from sandbox.verdict import Captured, JobResult, Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """A sample and what became of it, without its output."""

    sample: Sample
    result: JobResult


class Doubts:
    """Collects the samples of problems of which none has passed yet."""

    def __init__(self) -> None:
        self._proven: set[str] = set()
        self._doubtful: dict[str, list[Judged]] = {}

    def see(self, sample: Sample, result: JobResult) -> None:
        """Take note of a result of a split job."""
        if sample.task_id in self._proven:
            return
        if isinstance(result, Verdict):
            if result.passed:
                self._proven.add(sample.task_id)
                self._doubtful.pop(sample.task_id, None)
                return
            result = replace(result, stdout=Captured(), stderr=Captured())
        self._doubtful.setdefault(sample.task_id, []).append(Judged(sample, result))

    @property
    def doubtful(self) -> Mapping[str, list[Judged]]:
        """Samples by problem, of each problem of which none has passed."""
        return self._doubtful


def reasons(split: Mapping[str, JobResult], together: Mapping[str, JobResult]) -> dict[str, str]:
    """Return why a problem's tests cannot be split, for each of which that is so.

    Args:
        split: What became of reference solutions by problem, split.
        together: The same in one process, of those that did not pass split.
    """
    return {task_id: _reason(split[task_id]) for task_id, result in together.items() if _passed(result)}


def not_passed(results: Mapping[str, JobResult]) -> Iterable[str]:
    """Return the problems whose result is no pass."""
    return [task_id for task_id, result in results.items() if not _passed(result)]


def _passed(result: JobResult) -> bool:
    return isinstance(result, Verdict) and result.passed


def _reason(result: JobResult) -> str:
    name = result.cause.value if isinstance(result, Verdict) else result.code.value
    return f"{name}: {result.message}" if result.message else name
