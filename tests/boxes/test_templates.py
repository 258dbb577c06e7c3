"""Boxes restored from a checkpoint: they are what started ones are, no two alike, and dispensable."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import Client, Job, RequestedLimits, SourceTests, Verdict, local

pytestmark = pytest.mark.gvisor

NIGHTLY = os.environ.get("SANDBOX_NIGHTLY") == "1"
BOXES = 1_000 if NIGHTLY else 12
UNTIL_RESTORED = 20
# The larger image takes minutes to build.
WITH_NUMPY = ["python-numpy", *(["python-data"] if NIGHTLY else [])]

RANDOM = b"""
import json, os, random, secrets, tempfile, uuid
print(json.dumps({
    "urandom": os.urandom(8).hex(),
    "random": random.random(),
    "shuffled": random.sample(range(1000), 8),
    "system": random.SystemRandom().random(),
    "secrets": secrets.token_hex(8),
    "uuid4": str(uuid.uuid4()),
    "tempfile": tempfile.mktemp(),
    "address": os.getrandom(8).hex(),
}))
"""

LOOK = b"""
import json, os, resource, sys, time
def text(path):
    with open(path) as file:
        return file.read()
limits = [name for name in dir(resource) if name.startswith("RLIMIT_")]
print(json.dumps({
    "uname": os.uname()[:4],
    "ids": [os.getuid(), os.getgid(), os.getpid(), os.getppid(), os.getsid(0), os.getpgid(0)],
    "environment": dict(os.environ),
    "folder": os.getcwd(),
    "arguments": sys.argv,
    "path": sys.path,
    "umask": os.umask(0o22),
    "limits": [resource.getrlimit(getattr(resource, name)) for name in limits],
    "descriptors": sorted(os.listdir("/proc/self/fd")),
    "processes": sorted(name for name in os.listdir("/proc") if name.isdigit()),
    "status": [line for line in text("/proc/self/status").splitlines() if line.split(":")[0] in
               ("Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp")],
    "mounts": sorted(line.split()[1:] for line in text("/proc/mounts").splitlines()),
    "memory": text("/proc/meminfo").splitlines()[0],
    "cores": [os.cpu_count(), sorted(os.sched_getaffinity(0))],
    "modules of ours": [name for name in sys.modules if name.startswith("sandbox")],
    "temporary": [os.listdir("/tmp"), os.statvfs("/tmp").f_blocks, os.statvfs("/dev/shm").f_blocks],
}))
"""


@pytest.fixture(scope="module")
def restored() -> Iterator[Client]:
    with local() as client:
        until_restored(client, Job(program=b"pass"))
        yield client


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv("SANDBOX_TEMPLATES", "0")
    with local() as client:
        yield client


def run(client: Client, job: Job) -> Verdict:
    verdict = client.run(job)
    assert verdict.passed, (verdict.cause, verdict.message, verdict.stderr.data)
    return verdict


def until_restored(client: Client, job: Job) -> Verdict:
    for _ in range(UNTIL_RESTORED):
        verdict = run(client, job)
        if verdict.usage.box_restored:
            return verdict
    raise AssertionError(f"of {UNTIL_RESTORED} boxes none was restored")


def said(verdict: Verdict) -> Any:
    return json.loads(verdict.stdout.data)


def test_nothing_random_is_the_same_in_two_of_them(restored: Client) -> None:
    jobs = [Job(id=str(number), program=RANDOM) for number in range(BOXES)]
    verdicts = list(restored.run_many(jobs))
    assert all(isinstance(verdict, Verdict) and verdict.passed for verdict in verdicts), verdicts
    assert sum(verdict.usage.box_restored for verdict in verdicts if isinstance(verdict, Verdict)) == BOXES
    answers = [said(verdict) for verdict in verdicts if isinstance(verdict, Verdict)]
    for name in answers[0]:
        assert len({str(answer[name]) for answer in answers}) == BOXES, name


def test_the_random_numbers_of_the_tests_differ_too(restored: Client) -> None:
    tests = SourceTests(b"import random\nassert not f(random.random())\n")
    program = b"def f(x):\n    print(x)\n"
    verdicts = [until_restored(restored, Job(program=program, tests=tests)) for _ in range(3)]
    assert len({verdict.stdout.data for verdict in verdicts}) == len(verdicts)


@pytest.mark.parametrize("language", WITH_NUMPY)
def test_the_random_numbers_of_numpy_differ(language: str) -> None:
    subprocess.run([sys.executable, "-m", "sandbox", "images", "build", language], check=True)
    program = b"import numpy\nprint(numpy.random.random(), numpy.random.default_rng().random())\n"
    job = Job(program=program, language=language, policy="data")
    with local(languages=[language], policies=["data"]) as client:
        told = [until_restored(client, job).stdout.data.split() for _ in range(3)]
    assert len({number for numbers in told for number in numbers}) == 6


def test_they_look_like_started_ones_to_a_program(restored: Client, started: Client) -> None:
    verdict = run(started, Job(program=LOOK))
    assert not verdict.usage.box_restored
    assert said(until_restored(restored, Job(program=LOOK))) == said(verdict)


def test_a_box_that_cannot_be_restored_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_RUN_DIR", str(tmp_path))
    job = Job(program=b"pass")
    with local() as client:
        until_restored(client, job)
        broken = [path for path in tmp_path.glob("*/*/templates/*/checkpoint.img") if os.truncate(path, 1000) is None]
        assert broken
        verdicts = [run(client, job) for _ in range(5)]
    assert not any(verdict.usage.box_restored for verdict in verdicts)
    assert {verdict.attempts for verdict in verdicts} == {1}
    assert list(tmp_path.glob("*/*")) == []


def test_without_room_for_checkpoints_boxes_are_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_RUN_DIR", str(tmp_path))
    # No other job is of this kind, so it has no checkpoint yet.
    job = Job(program=b"pass", limits=RequestedLimits(memory_bytes=300 << 20))
    with local() as client:
        (instance,) = tmp_path.glob("runsc/*")
        shutil.rmtree(instance / "templates", ignore_errors=True)
        (instance / "templates").touch()
        assert not any(run(client, job).usage.box_restored for _ in range(4))
