"""What is counted is what happened, and no client can make a label."""

import asyncio
import urllib.request
from dataclasses import replace

import pytest
from prometheus_client import generate_latest
from structlog.testing import capture_logs

from sandbox.boxes.fake import FakeBackend
from sandbox.dispatcher import Dispatcher
from sandbox.job import Job
from sandbox.metrics import Metrics
from sandbox.paths import data_dir
from sandbox.policy import load_policies
from sandbox.rpc.server import AddressError
from sandbox.runner import Runner
from sandbox.scheduler import Scheduler
from sandbox.server import Settings, check
from tests.unit.test_dispatcher import HOST_KERNEL, JOB, LANGUAGES, PASSES, POLICIES

KIND = {"policy": "default", "language": "python"}


def counted(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"sandbox_{name}", labels)


def after(*jobs: Job, queue_jobs_max: int = 5) -> Metrics:
    """What is counted when a server has had these jobs, each of which would pass if it ran."""
    metrics = Metrics()
    backend = FakeBackend([PASSES] * len(jobs))
    parts = Dispatcher(
        backend=backend,
        runner=Runner(backend, host_kernel=HOST_KERNEL),
        scheduler=Scheduler(slots=1, queue_jobs_max=queue_jobs_max),
        policies=POLICIES,
        languages=LANGUAGES,
        metrics=metrics,
    )

    async def run() -> None:
        await asyncio.gather(*(parts.answer(job) for job in jobs))

    with capture_logs():
        asyncio.run(run())
    return metrics


def test_a_verdict_is_counted_with_what_it_cost() -> None:
    metrics = after(JOB, replace(JOB, id="another"))

    assert counted(metrics, "verdicts_total", **KIND, status="PASSED", cause="ALL_TESTS_PASSED") == 2
    assert counted(metrics, "jobs_by_box_total", made="started") == 2
    assert counted(metrics, "jobs_with_box_that_waited_total") == 0
    assert counted(metrics, "jobs_run_again_total") == 0
    for histogram in ("job_cpu_seconds", "job_wall_seconds", "job_memory_bytes"):
        assert counted(metrics, f"{histogram}_count", **KIND) == 2
    for histogram in ("queue_seconds", "box_start_seconds"):
        assert counted(metrics, f"{histogram}_count") == 2


def test_what_was_not_judged_is_counted_by_its_code() -> None:
    jobs = [replace(JOB, id=f"job-{number}") for number in range(4)]

    # One runs, one waits.
    metrics = after(*jobs, queue_jobs_max=1)

    assert counted(metrics, "service_errors_total", code="OVERLOADED") == 2
    assert counted(metrics, "service_errors_total", code="BOX_LOST") == 0
    assert counted(metrics, "verdicts_total", **KIND, status="PASSED", cause="ALL_TESTS_PASSED") == 2


def test_no_name_that_a_client_makes_up_becomes_a_label() -> None:
    metrics = after(replace(JOB, policy="made-up-policy"), replace(JOB, language="made-up-language"))

    assert counted(metrics, "service_errors_total", code="REFUSED") == 2
    assert b"made-up" not in generate_latest(metrics.registry)


def test_gauges_are_read_when_somebody_asks() -> None:
    metrics, waiting = Metrics(), [3]
    metrics.read_from({"jobs_waiting": lambda: waiting[0]})

    assert counted(metrics, "jobs_waiting") == 3
    waiting[0] = 4
    assert counted(metrics, "jobs_waiting") == 4


def test_reloads_are_counted_and_the_policies_in_force_are_shown_alone() -> None:
    old = load_policies(data_dir("policies"))["default"]
    new = replace(old, digest="sha256:new")
    metrics = Metrics()
    metrics.in_force({"default": old, "other": old})

    metrics.count_reload(None)
    assert counted(metrics, "policy_reloads_total", result="refused") == 1
    assert counted(metrics, "policy_info", policy="default", digest=old.digest) == 1

    metrics.count_reload({"default": new})
    assert counted(metrics, "policy_reloads_total", result="done") == 1
    assert counted(metrics, "policy_info", policy="default", digest="sha256:new") == 1
    assert counted(metrics, "policy_info", policy="default", digest=old.digest) is None
    assert counted(metrics, "policy_info", policy="other", digest=old.digest) is None


def test_the_page_is_there_while_it_is_served() -> None:
    metrics = Metrics()
    with metrics.served("127.0.0.1", 0) as port, urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
        assert b"sandbox_jobs_running 0.0" in page.read()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics")


@pytest.mark.parametrize(
    "address", ["0.0.0.0:9000", "example.org:9000", "unix:/run/metrics", "9000", "localhost:x", ""]
)
def test_metrics_are_not_shown_where_the_server_may_not_listen(address: str) -> None:
    with pytest.raises(AddressError):
        check(Settings(listen="127.0.0.1:0", proofs=data_dir("policies"), metrics=address))
