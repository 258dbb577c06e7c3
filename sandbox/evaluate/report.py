"""What an evaluation found: counts by verdict and cause, and pass@k."""

from collections import Counter
from collections.abc import Iterable

from rich.table import Table

from sandbox.evaluate.passk import mean_pass_at_k
from sandbox.evaluate.results import is_unfit
from sandbox.verdict import Cause, JobResult, ServiceError, ServiceErrorCode


class Tally:
    """Counts results as they come."""

    def __init__(self) -> None:
        self._causes: Counter[Cause] = Counter()
        # By problem too: whose tests do not load is what somebody has to mend.
        self._faults: Counter[tuple[ServiceErrorCode, str]] = Counter()
        self._unfit = 0
        # Samples and passes of each problem, in the order in which the problems were first seen in the input.
        self._counts: dict[str, tuple[int, int]] = {}

    def expect(self, task_id: str) -> None:
        """Note that a problem has a sample, to fix the order in which the means are added."""
        self._counts.setdefault(task_id, (0, 0))

    def add(self, task_id: str, result: JobResult) -> None:
        """Count one result."""
        self._count(task_id, result, 1)

    def _count(self, task_id: str, result: JobResult, by: int) -> None:
        n, c = self._counts.get(task_id, (0, 0))
        if is_unfit(result):
            self._unfit += by
            self._counts[task_id] = (n + by, c)
        elif isinstance(result, ServiceError):
            self._faults[result.code, task_id] += by
        else:
            self._causes[result.cause] += by
            self._counts[task_id] = (n + by, c + by * result.passed)

    def replace(self, task_id: str, old: JobResult, new: JobResult) -> None:
        """Count one result instead of another one of the same sample."""
        self._count(task_id, old, -1)
        self._count(task_id, new, 1)

    @property
    def samples(self) -> int:
        """Results so far."""
        return self._causes.total() + self._unfit + self._faults.total()

    @property
    def problems(self) -> int:
        """Problems with at least one sample."""
        return len(self._counts)

    @property
    def passed(self) -> int:
        """Passes so far."""
        return self._causes[Cause.ALL_TESTS_PASSED]

    @property
    def service_errors(self) -> int:
        """Samples about which nothing is known."""
        return self._faults.total()

    def problems_with(self, *, retryable: bool) -> list[str]:
        """Return the problems with samples of which nothing is known: those another run may help, or the others."""
        found = (task_id for (code, task_id), count in self._faults.items() if count and code.retryable is retryable)
        return list(dict.fromkeys(found))

    def pass_at_k(self, ks: Iterable[int]) -> dict[str, float] | None:
        """Return pass@k for each k that all problems have samples for.

        None if any sample ended in a service error: it neither passed nor failed, and leaving it out would change the
        number in silence.
        """
        if self.service_errors:
            return None
        return mean_pass_at_k(list(self._counts.values()), ks)

    def table(self) -> Table:
        """Return the counts by verdict and cause, service errors apart."""
        table = Table("verdict", "cause", "samples", "share", highlight=False)
        for column in table.columns[2:]:
            column.justify = "right"
        rows = [(cause.status.value, cause.value, self._causes[cause]) for cause in Cause if self._causes[cause]]
        if self._unfit:
            rows.append(("FAILED", "refused: too large", self._unfit))
        by_code: Counter[ServiceErrorCode] = Counter()
        for (code, _), count in self._faults.items():
            by_code[code] += count
        faults = [("service error", code.value, by_code[code]) for code in ServiceErrorCode if by_code[code]]
        for group in (rows, faults):
            for verdict, cause, count in group:
                table.add_row(verdict, cause, str(count), f"{count / self.samples:.1%}")
            table.add_section()
        table.add_row("", "all", str(self.samples), "")
        return table
