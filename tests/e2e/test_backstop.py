"""Behind the program's own limit of processes is one of the host. When it binds, the box dies, and has its label."""

import re
from pathlib import Path

import pytest

from sandbox import Job, RequestedLimits, SourceTests, Verdict, local
from sandbox.paths import data_dir
from sandbox.verdict import Cause, Evidence, Fault, KilledBy

TASKS_MAX = 160
# Asks for more processes than the host's limit has room for, and would go on to pass without them.
PROGRAM = b"""
import os, time
for _ in range(200):
    try:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
    except OSError:
        break
"""


@pytest.mark.parametrize(
    "backend",
    [
        pytest.param("runsc", marks=pytest.mark.gvisor),
        pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.gvisor]),
    ],
)
def test_the_backstop_of_processes_is_a_label_of_its_own(backend: str, tmp_path: Path) -> None:
    default = (data_dir("policies") / "default.toml").read_text()
    policy, changes = re.subn(r"(?m)^host_tasks_max = .*$", f"host_tasks_max = {TASKS_MAX}", default)
    assert changes == 1
    (tmp_path / "default.toml").write_text(policy)
    limits = RequestedLimits(processes_max=200, memory_bytes=2 << 30, cpu_time_ms=20_000)

    with local(backend=backend, slots=1, policies_dir=tmp_path) as client:
        verdict = client.run(Job(program=PROGRAM, limits=limits))
        clean = client.run(Job(program=b"def f(): return 1", tests=SourceTests(b"assert f() == 1")))

    assert isinstance(verdict, Verdict)
    assert (verdict.cause, verdict.fault, verdict.attempts) == (Cause.PROCESS_LIMIT, Fault.PROGRAM, 1)
    evidence = verdict.evidence
    assert evidence.value > 0
    assert evidence == Evidence(
        counter="process_limit_hits",
        value=evidence.value,
        limit_name="host_tasks_max",
        limit=TASKS_MAX,
        killed_by=KilledBy.KERNEL,
    )
    assert clean.passed
