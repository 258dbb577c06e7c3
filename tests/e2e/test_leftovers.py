"""Nothing of ours remains: after many jobs, after Ctrl-C, after kill -9. Counted on the machine, not asked of us."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import Cause, Client, Job, RequestedLimits, SandboxError, SourceTests, Verdict, local
from sandbox.paths import data_dir
from tests.leftovers import Found, leftovers, running_servers, wait_until_as_before

NIGHTLY = os.environ.get("SANDBOX_NIGHTLY") == "1"
BACKENDS = [
    pytest.param("runsc", marks=pytest.mark.gvisor),
    pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.gvisor]),
]


@pytest.fixture
def untouched(servers: Callable[[str], Client]) -> Iterator[Found]:
    """What is there before a test; servers of other tests are part of it."""
    before = leftovers()
    yield before
    wait_until_as_before(before)


KILLERS = [
    ("while True: pass", {"cpu_time_ms": 100}, Cause.CPU_TIME_LIMIT),
    ("import time; time.sleep(60)", {"wall_time_ms": 300}, Cause.WALL_TIME_LIMIT),
    (
        "x = b'1' * (1 << 30)",
        {"memory_bytes": 32 << 20, "cpu_time_ms": 9_000, "wall_time_ms": 18_000},
        Cause.MEMORY_LIMIT,
    ),
    (
        "import os\nwhile True: os.write(1, bytes(65536))",
        {"cpu_time_ms": 9_000, "wall_time_ms": 18_000},
        Cause.OUTPUT_LIMIT,
    ),
    ("import os\nwhile os.fork() >= 0: pass", {"cpu_time_ms": 200, "wall_time_ms": 9_000}, None),
]


def mixed_jobs(count: int, killed: int) -> Iterator[tuple[Job, Cause | None]]:
    """Clean jobs with one that is killed by a limit now and then, evenly spread."""
    killers = itertools.cycle(KILLERS)
    for index in range(count):
        if index % (count // killed) == 0:
            program, limits, cause = next(killers)
            yield Job(id=f"killed-{index}", program=program.encode(), limits=RequestedLimits(**limits)), cause
        else:
            tests = SourceTests(b"assert double(21) == 42")
            yield Job(id=f"clean-{index}", program=b"def double(x): return 2 * x", tests=tests), Cause.ALL_TESTS_PASSED


@pytest.mark.parametrize(
    ("backend", "count", "killed"),
    [
        pytest.param("runsc", *((500, 50) if NIGHTLY else (60, 10)), marks=pytest.mark.gvisor),
        pytest.param("docker", *((100, 10) if NIGHTLY else (25, 5)), marks=[pytest.mark.docker, pytest.mark.gvisor]),
    ],
)
def test_after_many_jobs_nothing_remains_and_every_label_is_right(
    untouched: Found, backend: str, count: int, killed: int
) -> None:
    expected = {job.id: (job, cause) for job, cause in mixed_jobs(count, killed)}
    with local(backend=backend) as client:
        results = list(client.run_many(job for job, _ in expected.values()))

        assert len(results) == len({result.job_id for result in results}) == count
        wrong = []
        for result in results:
            cause = expected[result.job_id][1]
            assert isinstance(result, Verdict), result
            if cause is not None and result.cause is not cause:
                wrong.append((result.job_id, result.cause, result.message))
        assert wrong == []
        # Before the server ends: nothing but the server itself is there.
        (server,) = [one for one in running_servers(backend) if str(one.folder) not in untouched["folders"]]
        server.wait_until_no_box_is_left()
    wait_until_as_before(untouched)


@pytest.mark.parametrize("backend", BACKENDS)
def test_ctrl_c_in_an_evaluation_keeps_results_and_leaves_nothing(
    untouched: Found, backend: str, tmp_path: Path
) -> None:
    out = tmp_path / "results.jsonl"
    arguments = ["evaluate", "--canonical", "--problems", "humaneval", "--backend", backend, "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    wait_for_lines(out, 5, process)
    # As a terminal does: to the whole foreground process group.
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=30)

    assert process.returncode == 130, output
    assert "Traceback" not in output
    assert str(out) in output
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert 5 <= len(lines) < 164
    assert all(line["passed"] for line in lines)
    wait_until_as_before(untouched)


def wait_for_lines(path: Path, count: int, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 60
    while not path.exists() or len(path.read_text().splitlines()) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextlib.contextmanager
def serving(folder: Path, backend: str, *arguments: str) -> Iterator[tuple["subprocess.Popen[bytes]", Client]]:
    """A server of its own process, and a client of it."""
    endpoint = f"unix:{folder}/s.sock"
    command = [sys.executable, "-m", "sandbox", "serve", "--listen", endpoint, "--backend", backend, *arguments]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        with Client(endpoint) as client:
            deadline = time.monotonic() + 60
            while True:
                assert process.poll() is None, (folder / "log").read_text()
                with contextlib.suppress(Exception):
                    client.server_info()
                    break
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield process, client
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=30)


def wait_until_running(client: Client) -> None:
    deadline = time.monotonic() + 30
    while client.server_info().jobs_running < 1:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def run_until_lost(client: Client, job: Job) -> None:
    with contextlib.suppress(SandboxError):
        client.run(job)


@pytest.mark.parametrize("backend", BACKENDS)
def test_after_kill_9_of_the_server_the_next_one_removes_what_it_left(
    untouched: Found, backend: str, common: Path
) -> None:
    smoke = (data_dir("images") / "python/smoke.py").read_bytes()
    with serving(common, backend) as (process, client):
        sleeper = Job(program=b"import time; time.sleep(60)", limits=RequestedLimits(wall_time_ms=60_000))
        thread = threading.Thread(target=run_until_lost, args=(client, sleeper))
        thread.start()
        wait_until_running(client)
        process.kill()
        process.wait()
        thread.join(timeout=60)
        assert not thread.is_alive()
    with serving(common, backend) as (_, client):
        assert client.run(Job(program=smoke)).passed
    wait_until_as_before(untouched)


@pytest.mark.gvisor
def test_two_servers_do_not_sweep_each_other(untouched: Found, common: Path) -> None:
    for name in ("one", "two"):
        (common / name).mkdir()
        (common / name).chmod(0o777)
    job = Job(program=b"import time; time.sleep(3)", limits=RequestedLimits(wall_time_ms=20_000))
    with serving(common / "one", "runsc") as (_, first):
        running = first.run_many([job])
        with serving(common / "two", "runsc") as (_, second):
            assert second.run(Job(program=b"print(1)")).passed
        (result,) = list(running)
        assert isinstance(result, Verdict)
        assert result.passed, result


@pytest.mark.gvisor
def test_sigterm_lets_running_jobs_finish(untouched: Found, common: Path) -> None:
    with serving(common, "runsc", "--grace", "20") as (process, client):
        results: list[object] = []
        job = Job(program=b"import time; time.sleep(2)", limits=RequestedLimits(wall_time_ms=20_000))
        thread = threading.Thread(target=lambda: results.append(client.run(job)))
        thread.start()
        wait_until_running(client)
        process.terminate()
        thread.join(timeout=30)

        assert process.wait(timeout=30) == 0
        assert isinstance(results[0], Verdict)
        assert results[0].passed


@pytest.mark.gvisor
def test_after_kill_9_of_the_client_its_server_and_everything_else_goes(untouched: Found, tmp_path: Path) -> None:
    out = tmp_path / "results.jsonl"
    arguments = ["evaluate", "--canonical", "--problems", "humaneval", "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_lines(out, 3, process)
    process.kill()
    process.communicate()
    wait_until_as_before(untouched)
