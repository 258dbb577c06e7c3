"""The arithmetic of `sandbox bench`, its refusals, and its table; the service behind it is a stand-in."""

import json
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner, Result

from sandbox import Client, Job, SandboxError, ServiceError, ServiceErrorCode
from sandbox.bench import load as bench_load
from sandbox.bench.load import Load, quantile
from sandbox.cli import bench as bench_module
from sandbox.cli import main as main_module
from sandbox.cli.bench import histogram
from sandbox.client.info import ServerInfo
from sandbox.verdict import Cause, JobResult
from tests.unit.test_cli import judged

JOB = Job(program=b"pass")
INFO = ServerInfo(
    server_version="1",
    backend="runsc",
    runsc_version="v0",
    platform="systrap",
    languages={},
    policies={},
    slots=2,
    queue_jobs_max=1,
    jobs_running=0,
    jobs_queued=0,
    cores=2,
    memory_bytes=2**30,
)


class StandIn:
    """A client that answers at once, the first jobs last, and notes how many were out at once."""

    def __init__(self, answer: Callable[[Job], JobResult]) -> None:
        self._answer = answer
        self.most = 0

    def server_info(self) -> ServerInfo:
        return INFO

    def run_many(self, jobs: Iterable[Job], *, in_flight_max: int) -> Generator[JobResult, None, None]:
        source, out = iter(jobs), list[Job]()
        while True:
            while len(out) < in_flight_max and (job := next(source, None)) is not None:
                out.append(job)
            if not out:
                return
            self.most = max(self.most, len(out))
            yield self._answer(out.pop())


def passes(job: Job) -> JobResult:
    return judged(job, Cause.ALL_TESTS_PASSED)


def load(client: StandIn, **others: Any) -> Load:
    return bench_load.run(
        cast(Client, client), JOB, **({"in_flight": 3, "time_s": 0.0, "machine_cpu_s": None} | others)
    )


def test_each_place_sends_one_job_at_least() -> None:
    client = StandIn(passes)
    found = load(client)

    assert (found.jobs, len(found.box_start_ms), client.most) == (3, 3, 3)
    assert min(found.latencies_ms) >= 0
    assert found.cpu_ms_per_job is None


def test_the_machines_cpu_time_is_shared_out_among_the_jobs() -> None:
    readings = iter([10.0, 10.6])
    found = load(StandIn(passes), machine_cpu_s=lambda: next(readings))

    assert found.cpu_ms_per_job == pytest.approx(200)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (lambda job: judged(job, Cause.WRONG_ANSWER), "WRONG_ANSWER"),
        (lambda job: ServiceError(job_id=job.id, code=ServiceErrorCode.BOX_LOST, message="lost"), "BOX_LOST"),
    ],
)
def test_a_job_that_does_not_pass_is_no_figure(answer: Callable[[Job], JobResult], cause: str) -> None:
    with pytest.raises(SandboxError, match=cause):
        load(StandIn(answer))


def test_a_quantile_is_one_of_the_values() -> None:
    values = tuple(float(value) for value in range(100, 0, -1))

    assert [quantile(values, share) for share in (0.0, 0.5, 0.9, 0.99, 1.0)] == [1, 50, 90, 99, 100]
    assert quantile((7.0,), 0.99) == 7
    with pytest.raises(ValueError, match="no quantile"):
        quantile((), 0.5)


def test_every_latency_is_in_the_histogram() -> None:
    lines = histogram([10.0, 10.0, 11.0, 110.0])

    assert [int(line.split()[2]) for line in lines] == [3, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert lines[0].endswith("#" * 40)
    assert [line.split()[2] for line in histogram([5.0, 5.0])] == ["2"]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    @contextmanager
    def connected(endpoints: object, **others: object) -> Iterator[StandIn]:
        yield StandIn(passes)

    monkeypatch.setattr(bench_module, "connected", connected)
    return lambda *arguments: CliRunner().invoke(main_module.cli, ["bench", "--seconds", "0.1", *arguments])


def test_a_server_elsewhere_is_measured_from_here(bench: Callable[..., Result]) -> None:
    done = bench("--endpoint", "there:1", "--json")

    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert [each["in_flight"] for each in document["loads"]] == [1, 2, 4]
    assert all(each["cpu_ms_per_job"] is None for each in document["loads"])
    assert all(len(each["latencies_ms"]) == each["jobs"] > 0 for each in document["loads"])
    assert document["idle_box"] is None


def test_the_table_has_a_line_for_each_concurrency(bench: Callable[..., Result]) -> None:
    done = bench("--endpoint", "there:1", "--in-flight", "5,1")

    assert done.exit_code == 0, done.output
    rows = [line.split()[0] for line in done.stdout.splitlines()[2:4]]
    assert rows == ["1", "5"]


@pytest.mark.parametrize(
    "wrong",
    [
        ("--in-flight", "0"),
        ("--in-flight", "1,x"),
        ("--in-flight", "1001"),
        ("--in-flight", ""),
        ("--seconds", "0"),
        ("--program", __file__),
    ],
)
def test_wrong_usage_is_said_so(bench: Callable[..., Result], wrong: tuple[str, ...]) -> None:
    assert bench("--endpoint", "there:1", *wrong).exit_code == 2


def test_without_matplotlib_nothing_is_measured_in_vain(
    bench: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = bench("--endpoint", "there:1", "--plot", str(tmp_path / "x.svg"))

    assert done.exit_code == 3
    assert "pip install matplotlib" in done.output
    assert "in flight" not in done.output
