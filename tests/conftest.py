"""Tests that need the real thing say so by a marker, and are skipped, with the reason, where it is missing.

With `SANDBOX_REQUIRE=gvisor,docker` in the environment a missing thing is a failure instead: a suite that silently
skips its boundary proves nothing.
"""

import contextlib
import functools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from sandbox import Client, local
from sandbox.errors import ImageError
from sandbox.language import load_language
from sandbox.paths import data_dir, state_dir

# Programs for boxes: some of them are named as test modules are, and none may ever run here.
collect_ignore_glob = ["hostile/programs/*", "forgery/attacks/*", "forgery/benign/*"]


@functools.cache
def missing_gvisor() -> str | None:
    if os.geteuid() != 0:
        return "boxes need root: run the tests with sudo"
    if shutil.which("runsc") is None:
        return "no runsc on the PATH: scripts/install-gvisor"
    from sandbox.images import find_image

    try:
        find_image(load_language(data_dir("images") / "python"), state_dir=state_dir())
    except ImageError as error:
        return str(error)
    return None


@functools.cache
def missing_docker() -> str | None:
    try:
        import docker  # noqa: F401
    except ImportError:
        return "the Python package docker is missing: pip install '.[docker]'"
    if shutil.which("docker") is None:
        return "no docker on the PATH: scripts/dev-docker"
    info = _docker("info", "--format", "{{json .Runtimes}}")
    try:
        runtimes = json.loads(info.stdout or "null") or {}
    except json.JSONDecodeError:
        runtimes = {}
    if info.returncode != 0 or not runtimes:
        return "no Docker Engine answers: scripts/dev-docker"
    if "runsc" not in runtimes:
        return "the Docker Engine has no runtime runsc: scripts/dev-docker"
    if _docker("image", "inspect", "sandbox-python:latest").returncode != 0:
        return "no image sandbox-python:latest: sandbox images build --backend docker"
    return None


@functools.cache
def missing_compose() -> str | None:
    if (reason := missing_docker()) is not None:
        return reason
    if _docker("compose", "version").returncode != 0:
        return "docker compose v2 is missing: this distribution may have no package of it"
    return None


def _docker(*arguments: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            ["docker", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False
        )
    except subprocess.TimeoutExpired as error:
        return subprocess.CompletedProcess(error.cmd, 124, "", "timed out")


NEEDS: dict[str, Callable[[], str | None]] = {
    "gvisor": missing_gvisor,
    "docker": missing_docker,
    "compose": missing_compose,
}


def _required() -> set[str]:
    return {name.strip() for name in os.environ.get("SANDBOX_REQUIRE", "").split(",") if name.strip()}


def pytest_configure() -> None:
    # A loaded machine is no bug: how long an example takes is nobody's business here.
    hypothesis.settings.register_profile(
        "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("unhurried")
    if unknown := _required() - NEEDS.keys():
        raise pytest.UsageError(f"SANDBOX_REQUIRE: {min(unknown)!r} is none of {', '.join(NEEDS)}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for name, missing in NEEDS.items():
        if item.get_closest_marker(name) is None or (reason := missing()) is None:
            continue
        if name in _required():
            pytest.fail(f"{name} is required here, but {reason}", pytrace=False)
        pytest.skip(f"{name}: {reason}")


@pytest.fixture
def common() -> Iterator[Path]:
    """A folder that everybody may enter and write to. A server is not root, and pytest's own folders are root's."""
    with tempfile.TemporaryDirectory(prefix="common-") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


@pytest.fixture(scope="session")
def servers() -> Iterator[Callable[[str], Client]]:
    """Embedded servers by backend, each started when it is first asked for and ended with the session."""
    with contextlib.ExitStack() as stack:
        running: dict[str, Client] = {}

        def server(backend: str) -> Client:
            if backend not in running:
                running[backend] = stack.enter_context(local(backend=backend))
            return running[backend]

        yield server


@pytest.fixture(
    params=[
        pytest.param("runsc", marks=pytest.mark.gvisor),
        pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.gvisor]),
    ]
)
def client(request: pytest.FixtureRequest, servers: Callable[[str], Client]) -> Client:
    """A client of a real server, once with each backend."""
    return servers(request.param)
