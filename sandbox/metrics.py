"""What a server counts, and the page on which Prometheus finds it.

Labels take their values from what the operator wrote (policies, languages) or from our own enums, never from a client:
one that could make labels could fill the server's memory with them.
"""

# Loaded while the server may still read where Python is installed: it looks its own address up as another user.
import encodings.idna  # noqa: F401
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, make_wsgi_app

from sandbox.job import Job
from sandbox.policy import Policy
from sandbox.verdict import JobResult, ServiceError, ServiceErrorCode, Verdict

_MS_PER_S = 1000
_STOP_POLL_S = 0.05
# Of boxes and jobs: a ready box is milliseconds away, a cold one a second, and a job may take minutes.
_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)
_BYTES = tuple(2**power for power in range(20, 35, 2))


class Metrics:
    """Counters and gauges of one server. Times are in seconds and memory in bytes, as Prometheus has them."""

    def __init__(self) -> None:
        """Count from nothing, in a registry of its own."""
        self.registry = CollectorRegistry()
        counter = partial(Counter, registry=self.registry, namespace="sandbox")
        gauge = partial(Gauge, registry=self.registry, namespace="sandbox")
        histogram = partial(Histogram, registry=self.registry, namespace="sandbox")
        kind = ("policy", "language")
        self._verdicts = counter("verdicts", "Jobs that were judged.", (*kind, "status", "cause"))
        self._errors = counter("service_errors", "Jobs that were not judged, and why.", ("code",))
        self._made = counter("jobs_by_box", "Judged jobs, by how their last box was made.", ("made",))
        self._waited = counter("jobs_with_box_that_waited", "Judged jobs whose last box was there before they asked.")
        self._shared = counter("jobs_in_shared_box", "Judged jobs whose last box had served others before.")
        self._confirmed = counter("jobs_run_again", "Judged jobs that were given more than one box.")
        self._queue = histogram("queue_seconds", "Time in the queue.", buckets=_SECONDS)
        self._start = histogram("box_start_seconds", "Time until a job's box was ready.", buckets=_SECONDS)
        self._cpu = histogram("job_cpu_seconds", "CPU time of a job's box.", kind, buckets=_SECONDS)
        self._wall = histogram("job_wall_seconds", "Wall time of a job.", kind, buckets=_SECONDS)
        self._starved = counter("starved_seconds", "Time of jobs in which others had the CPU.")
        self._memory = histogram("job_memory_bytes", "The most memory of a job at once.", kind, buckets=_BYTES)
        self._reloads = counter("policy_reloads", "Times the policies were read again.", ("result",))
        self._policies = gauge("policy_info", "The policies in force: 1 for each.", ("policy", "digest"))
        self._shown: set[tuple[str, str]] = set()
        self._gauges = {
            name: gauge(name, text)
            for name, text in (
                ("slots", "Jobs that may run at the same time."),
                ("slots_withheld", "Slots that boxes keep which would not die."),
                ("jobs_running", "Jobs that run."),
                ("jobs_waiting", "Jobs in the queue."),
            )
        }
        for code in ServiceErrorCode:
            if code is not ServiceErrorCode.CANCELLED:
                self._errors.labels(code.value)
        for result in ("done", "refused"):
            self._reloads.labels(result)

    def read_from(self, sources: Mapping[str, Callable[[], float]]) -> None:
        """Say where the gauges `slots`, `slots_withheld`, `jobs_running` and `jobs_waiting` are read, when asked for.

        Raises:
            KeyError: There is no such gauge.
        """
        for name, source in sources.items():
            self._gauges[name].set_function(source)

    def count(self, job: Job, result: JobResult) -> None:
        """Count what a job has come to. Its policy and language must be known ones."""
        if not isinstance(result, Verdict):
            self.count_error(result)
            return
        kind, usage = (job.policy, job.language), result.usage
        self._verdicts.labels(*kind, result.status.value, result.cause.value).inc()
        self._made.labels("restored" if usage.box_restored else "started").inc()
        if usage.box_waited:
            self._waited.inc()
        if result.receipt.box_jobs_before:
            self._shared.inc()
        if result.attempts > 1:
            self._confirmed.inc()
        self._queue.observe(usage.queue_time_ms / _MS_PER_S)
        self._start.observe(usage.box_start_ms / _MS_PER_S)
        self._cpu.labels(*kind).observe(usage.cpu_time_ms / _MS_PER_S)
        self._wall.labels(*kind).observe(usage.wall_time_ms / _MS_PER_S)
        self._starved.inc(usage.starved_time_ms / _MS_PER_S)
        self._memory.labels(*kind).observe(usage.memory_peak_bytes)

    def count_error(self, error: ServiceError) -> None:
        """Count a job that was not judged, whatever it named."""
        self._errors.labels(error.code.value).inc()

    def count_reload(self, policies: Mapping[str, Policy] | None) -> None:
        """Count that policies were read again: the new ones, or None when they were refused."""
        self._reloads.labels("refused" if policies is None else "done").inc()
        if policies is not None:
            self.in_force(policies)

    def in_force(self, policies: Mapping[str, Policy]) -> None:
        """Say which policies are in force, and that no others are."""
        shown = {(name, policy.digest) for name, policy in policies.items()}
        for labels in shown:
            self._policies.labels(*labels).set(1)
        for labels in self._shown - shown:
            self._policies.remove(*labels)
        self._shown = shown

    @contextmanager
    def served(self, host: str, port: int) -> Iterator[int]:
        """Answer `GET /metrics`, one at a time, in a thread of its own. Gives the port.

        Raises:
            OSError: It cannot listen there.
        """
        server_class = _Server6 if ":" in host else WSGIServer
        with make_server(host, port, make_wsgi_app(self.registry), server_class, _Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(_STOP_POLL_S,), name="metrics", daemon=True)
            thread.start()
            try:
                yield server.server_port
            finally:
                server.shutdown()
                thread.join()


class _Handler(WSGIRequestHandler):
    """Waits for nobody for ever, and writes no log of its own."""

    timeout = 5

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's word
        """Say nothing."""


class _Server6(WSGIServer):
    address_family = socket.AF_INET6
