"""`docker compose up` gives a server that judges, on this host only, and `docker compose down` leaves nothing."""

import json
import os
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox import Cause, Client, Job, RequestedLimits, SourceTests
from sandbox.boxes import leftovers
from sandbox.launcher.privileges import look
from sandbox.paths import run_dir

pytestmark = [pytest.mark.compose, pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(1200)]

REPO = Path(__file__).resolve().parents[2]
TREE = (
    ".dockerignore",
    "LICENSE",
    "README.md",
    "constraints.txt",
    "deploy",
    "docker-compose.yml",
    "images",
    "policies",
    "pyproject.toml",
    "sandbox",
)
IMAGE = "sandbox-python:latest"
TESTS = SourceTests(b"assert add(1, 2) == 3")
GREEDY = b"def add(a, b):\n    blocks = []\n    while True:\n        blocks.append(bytearray(1 << 24))\n"


@dataclass(frozen=True)
class Deployment:
    tree: Path
    env: dict[str, str]
    port: int

    @property
    def endpoint(self) -> str:
        return f"localhost:{self.port}"

    def compose(self, *arguments: str) -> str:
        done = subprocess.run(
            ["docker", "compose", *arguments],
            cwd=self.tree, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"docker compose {arguments}: {done.stdout[-4000:]}{done.stderr[-4000:]}"
        return done.stdout

    def container(self, service: str) -> dict[str, Any]:
        container_id = self.compose("ps", "--all", "--quiet", service).strip()
        shown = subprocess.run(["docker", "inspect", container_id], capture_output=True, text=True, check=True).stdout
        found: dict[str, Any] = json.loads(shown)[0]
        return found


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    # A copy, so that the user's .env and certificates stay as they are.
    tree = tmp_path_factory.mktemp("tree")
    for name in TREE:
        if (REPO / name).is_dir():
            shutil.copytree(REPO / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(REPO / name, tree / name)
    certificates = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")
    if certificates:
        shutil.copy(certificates, tree / "deploy" / "docker" / "certificates" / "host.crt")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    project = f"sandbox-test-{uuid.uuid4().hex[:8]}"
    env = {"SANDBOX_BUILD_NETWORK": "host"} | os.environ | {"COMPOSE_PROJECT_NAME": project, "SANDBOX_PORT": str(port)}
    # No registry takes part in a test.
    subprocess.run([tree / "deploy" / "docker" / "bases"], check=True, stdin=subprocess.DEVNULL)
    there = Deployment(tree, env, port)
    folders = set(_folders())
    # Compose builds an image of this name too. Other tests want theirs back, which has the language's version on it.
    image = subprocess.run(
        ["docker", "image", "inspect", "--format", "{{.Id}}", IMAGE], capture_output=True, text=True, check=True
    ).stdout.strip()
    try:
        there.compose("up", "--build", "--detach", "--wait")
        yield there
    finally:
        there.compose("down", "--volumes")
        subprocess.run(["docker", "tag", image, IMAGE], check=True)
    _assert_nothing_left(project, set(_folders()) - folders)


def _folders() -> list[str]:
    folder = run_dir() / "docker"
    return [instance.name for instance in folder.iterdir()] if folder.is_dir() else []


def _assert_nothing_left(project: str, new_folders: set[str]) -> None:
    """No container, no network, and no server's folder without a server."""
    mine = ["--all", "--quiet", "--filter", f"label=com.docker.compose.project={project}"]
    assert subprocess.run(["docker", "ps", *mine], capture_output=True, text=True, check=True).stdout == ""
    networks = ["docker", "network", "ls", "--quiet", "--filter", f"label=com.docker.compose.project={project}"]
    assert subprocess.run(networks, capture_output=True, text=True, check=True).stdout == ""
    # Servers of others may have come meanwhile; theirs are locked.
    assert not {folder.name for folder in leftovers.abandoned(run_dir() / "docker")} & new_folders


def test_says_that_it_serves(deployment: Deployment) -> None:
    command = [sys.executable, "-m", "sandbox", "health", deployment.endpoint]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "SERVING\n")
    assert deployment.container("server")["State"]["Health"]["Status"] == "healthy"


def test_judges_with_the_hosts_counters(deployment: Deployment) -> None:
    # MEMORY_LIMIT can only come out when the server sees the cgroups that the Engine makes on the host.
    programs = {
        Cause.ALL_TESTS_PASSED: b"def add(a, b): return a + b",
        Cause.WRONG_ANSWER: b"def add(a, b): return a - b",
        Cause.MEMORY_LIMIT: GREEDY,
    }
    limits = RequestedLimits(cpu_time_ms=20_000, wall_time_ms=60_000)
    jobs = [Job(id=cause.value, program=program, tests=TESTS, limits=limits) for cause, program in programs.items()]
    with Client(deployment.endpoint) as client:
        verdicts = {verdict.job_id: verdict for verdict in client.run_many(jobs)}
    assert {job_id: verdict.cause.value for job_id, verdict in verdicts.items()} == {
        cause.value: cause.value for cause in programs
    }
    passed = verdicts["ALL_TESTS_PASSED"]
    assert passed.usage.memory_peak_bytes > 0
    assert passed.receipt.backend == "docker"
    assert passed.receipt.runsc_version != "unknown"


def test_is_published_on_this_host_only(deployment: Deployment) -> None:
    ports = deployment.container("server")["NetworkSettings"]["Ports"]
    assert ports == {"50051/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(deployment.port)}]}


def test_the_server_has_no_privilege_and_nothing_of_the_hosts(deployment: Deployment) -> None:
    container = deployment.container("server")
    config = container["HostConfig"]
    assert config["ReadonlyRootfs"] is True
    assert config["CapDrop"] == ["ALL"]
    assert not config["CapAdd"]
    assert not config["Privileged"]
    assert config["SecurityOpt"] == ["no-new-privileges:true"]
    assert [(mount["Destination"], mount["RW"]) for mount in container["Mounts"]] == [("/run/sandbox-launcher", False)]
    assert look(container["State"]["Pid"]).is_none


def test_the_launcher_has_no_network_and_one_capability(deployment: Deployment) -> None:
    container = deployment.container("launcher")
    config = container["HostConfig"]
    assert config["NetworkMode"] == "none"
    assert config["ReadonlyRootfs"] is True
    assert config["CapDrop"] == ["ALL"]
    # Engines write its name in two ways.
    assert [name.removeprefix("CAP_") for name in config["CapAdd"]] == ["CHOWN"]
    assert not config["Privileged"]
    chown = 1 << 0
    assert look(container["State"]["Pid"]).capabilities == chown


def test_all_canonical_solutions_pass(deployment: Deployment, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "evaluate", "--canonical", "--problems", "humaneval",
         "--endpoint", deployment.endpoint, "--out", str(tmp_path / "results.jsonl")],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert sum(line["passed"] for line in lines) == len(lines) == 164
