"""A box runs on as many cores as its CPU time pays for, and two boxes at once on different ones."""

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from sandbox import Client, Job, NoTests, host, local
from sandbox.paths import run_dir

pytestmark = [
    pytest.mark.gvisor,
    pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core: nothing to choose"),
]
SLEEPER = b"import time; time.sleep(3)"


def cores_of_boxes() -> dict[str, set[tuple[int, ...]]]:
    """Return the cores of all processes of gVisor, by box."""
    found: dict[str, set[tuple[int, ...]]] = {}
    for pid in host.runsc_processes(run_dir()):
        try:
            process = psutil.Process(pid)
            command, cores = process.cmdline(), tuple(process.cpu_affinity() or ())
        except psutil.NoSuchProcess:
            continue
        # What enters and becomes the runtime may not have got there.
        box = re.search(r"--root=\S*/([0-9a-f]+-[0-9a-f]+)/state", " ".join(command))
        if box and command[0] not in {"sh", "taskset", "setpriv"}:
            found.setdefault(box[1], set()).add(cores)
    return found


def sleepers_seen(client: Client) -> dict[str, set[tuple[int, ...]]]:
    """Return the cores of two boxes, in which programs sleep."""
    seen: dict[str, set[tuple[int, ...]]] = {}
    with ThreadPoolExecutor() as threads:
        running = [threads.submit(client.run, Job(program=SLEEPER, tests=NoTests())) for _ in range(2)]
        deadline = time.monotonic() + 60
        while len(seen) < 2 and time.monotonic() < deadline:
            time.sleep(0.2)
            seen = cores_of_boxes()
        assert all(job.result().passed for job in running)
    return seen


def test_two_boxes_have_a_core_each() -> None:
    with local(backend="runsc") as client:
        seen = sleepers_seen(client)
        assert client.run(Job(program=b"x = 1", tests=NoTests())).passed
    assert len(seen) == 2
    given = set().union(*seen.values())
    assert {len(cores) for cores in given} == {1}
    assert len(given) == 2
