"""Which problems' tests cannot be split from the program: those whose own solution passes only in one process.

The reference solution is asked, first split and then in one process; only where the second passes and the first does
not, the split is at fault. Samples prove nothing: one that knows the answer by heart passes where an honest one cannot.
"""

from collections.abc import Mapping
from dataclasses import replace

from sandbox.evaluate.samples import Sample
from sandbox.verdict import Captured, JobResult, ServiceError, ServiceErrorCode, Verdict


class Doubts:
    """Collects what did not pass: by problem, and by the index of the sample, without output."""

    def __init__(self) -> None:
        self._failed: dict[str, dict[int, JobResult]] = {}

    def see(self, sample: Sample, result: JobResult) -> None:
        """Take note of a result of a split job."""
        if isinstance(result, Verdict):
            if result.passed:
                return
            result = replace(result, stdout=Captured(), stderr=Captured())
        self._failed.setdefault(sample.task_id, {})[sample.index] = result

    @property
    def failed(self) -> Mapping[str, Mapping[int, JobResult]]:
        """Results by problem and by the sample's index."""
        return self._failed


def may_be_the_split(result: JobResult) -> bool:
    """Tell whether the end of a split reference solution may be the split's doing. A fault of ours says nothing."""
    return not result.passed if isinstance(result, Verdict) else result.code is ServiceErrorCode.TESTS_ERROR


def is_unknown(result: JobResult) -> bool:
    """Tell whether the service failed a reference solution, so that nobody knows what would have become of it."""
    return isinstance(result, ServiceError) and result.retryable


def reason(split: JobResult, together: JobResult) -> str | None:
    """Return why a problem's tests cannot be split; None when that is not so.

    Args:
        split: What became of its reference solution, split.
        together: The same in one process.
    """
    if not may_be_the_split(split) or not isinstance(together, Verdict) or not together.passed:
        return None
    name = split.cause.value if isinstance(split, Verdict) else split.code.value
    return f"{name}: {split.message}" if split.message else name
