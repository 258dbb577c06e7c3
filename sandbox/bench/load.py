"""So many jobs at once, for a while: each is sent when another has been answered."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from sandbox.client.sync import Client
from sandbox.errors import SandboxError
from sandbox.job import Job, new_job_id
from sandbox.verdict import JobResult, Verdict

_MS_PER_S = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What came of it.

    Attributes:
        in_flight: Jobs that were unanswered at once.
        time_s: From the first job sent to the last one answered.
        latencies_ms: Of each job, from when it was sent to when its verdict was there.
        box_start_ms: Of each job, how long it waited for its box; the same order.
        restored: Jobs whose box was restored from a checkpoint.
        machine_cpu_s: CPU time of the whole machine meanwhile, whoever used it; None when the server is elsewhere.
    """

    in_flight: int
    time_s: float
    latencies_ms: tuple[float, ...]
    box_start_ms: tuple[int, ...]
    restored: int
    machine_cpu_s: float | None

    @property
    def jobs(self) -> int:
        """How many were answered."""
        return len(self.latencies_ms)

    @property
    def jobs_per_s(self) -> float:
        """Jobs answered in a second."""
        return self.jobs / self.time_s

    @property
    def cpu_ms_per_job(self) -> float | None:
        """CPU time of the whole machine for each job: client, server, launcher, boxes, and whatever else ran."""
        return None if self.machine_cpu_s is None else self.machine_cpu_s * _MS_PER_S / self.jobs


def quantile(values: tuple[float, ...], share: float) -> float:
    """Return the value that `share` of all are not above: one of them, by the nearest rank.

    Raises:
        ValueError: There are none.
    """
    if not values:
        raise ValueError("no values have no quantile")
    rank = max(1, -(-len(values) * round(share * 1000) // 1000))
    return sorted(values)[rank - 1]


def run(
    client: Client,
    job: Job,
    *,
    in_flight: int,
    time_s: float,
    machine_cpu_s: Callable[[], float] | None,
    on_answer: Callable[[], None] = lambda: None,
) -> Load:
    """Run a job again and again, and measure.

    Args:
        client: Of the server.
        job: One that passes.
        in_flight: Jobs that are unanswered at once.
        time_s: For how long new ones are sent; each place sends one at least.
        machine_cpu_s: Tells the CPU time that the machine has used, when it is the server's, too.
        on_answer: Called after each answer.

    Raises:
        SandboxError: One did not pass: the figures would be of something else.
    """
    sent: dict[str, float] = {}
    begun_cpu_s = machine_cpu_s() if machine_cpu_s is not None else None
    begun = ended = time.monotonic()

    def jobs() -> Iterator[Job]:
        for number in itertools.count():
            now = time.monotonic()
            if number >= in_flight and now - begun > time_s:
                return
            next_job = replace(job, id=new_job_id())
            sent[next_job.id] = now
            yield next_job

    latencies_ms: list[float] = []
    verdicts: list[Verdict] = []
    with closing(client.run_many(jobs(), in_flight_max=in_flight)) as results:
        for result in results:
            latencies_ms.append((time.monotonic() - sent.pop(result.job_id)) * _MS_PER_S)
            verdicts.append(_passed(result))
            ended = time.monotonic()
            on_answer()
    used_cpu_s = machine_cpu_s() - begun_cpu_s if machine_cpu_s is not None and begun_cpu_s is not None else None
    return Load(
        in_flight=in_flight,
        time_s=ended - begun,
        latencies_ms=tuple(latencies_ms),
        box_start_ms=tuple(verdict.usage.box_start_ms for verdict in verdicts),
        restored=sum(verdict.usage.box_restored for verdict in verdicts),
        machine_cpu_s=used_cpu_s,
    )


def _passed(result: JobResult) -> Verdict:
    if isinstance(result, Verdict) and result.passed:
        return result
    what = result.cause if isinstance(result, Verdict) else result.code
    raise SandboxError(f"the job does not pass here, so its time means nothing: {what.value} {result.message}")
