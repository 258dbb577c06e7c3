"""The doctor on real boxes: all is well on this machine, and what is made to give way is named, and nothing else.

Each limit is broken by a double of the one layer that enforces it, around the real backend: the box's cgroup, what the
guest is told, or how the box is made.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from sandbox import Job, server, wire
from sandbox.boxes.counters import Counters
from sandbox.boxspec import BoxSpec
from sandbox.cli.backends import make_backend
from sandbox.client.aio import AsyncClient
from sandbox.doctor import Examination, Terms, examine, pass_gate
from sandbox.errors import BackendError
from sandbox.language import choose_languages
from sandbox.launcher.channel import Channel
from sandbox.launcher.service import Launcher
from sandbox.paths import data_dir
from sandbox.policy import load_policy

LANGUAGES = choose_languages(data_dir("images"), [])
POLICIES = {"default": load_policy(data_dir("policies") / "default.toml")}
SLOTS = 2

BACKENDS = [
    pytest.param("runsc", marks=pytest.mark.gvisor),
    pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.gvisor]),
]


def same_spec(spec: BoxSpec) -> BoxSpec:
    return spec


def same_counters(counters: Counters) -> Counters:
    return counters


@dataclass(frozen=True, kw_only=True)
class Breakage:
    """What is wrong with a backend.

    Attributes:
        name: The limit that does not bind because of it.
        make: Another spec for how the box is made.
        tell: Another spec for what the guest is told.
        count: Other counters than the kernel's.
        keeps_memory: Whether writes to the memory limit of a running box arrive.
        leaves_a_process: Whether a process of each box outlives it.
    """

    name: str
    make: Callable[[BoxSpec], BoxSpec] = same_spec
    tell: Callable[[BoxSpec], BoxSpec] = same_spec
    count: Callable[[Counters], Counters] = same_counters
    keeps_memory: bool = True
    leaves_a_process: bool = False


class BrokenCgroup:
    """A real cgroup, but for what is broken."""

    def __init__(self, real: Any, breakage: Breakage) -> None:
        self._real = real
        self._breakage = breakage

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def limit_memory(self, memory_bytes: int) -> None:
        if self._breakage.keeps_memory:
            self._real.limit_memory(memory_bytes)

    def counters(self) -> Counters:
        return self._breakage.count(self._real.counters())


class BrokenHierarchy:
    """Gives broken cgroups."""

    def __init__(self, real: Any, breakage: Breakage) -> None:
        self._real = real
        self._breakage = breakage

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def make(self, *arguments: str) -> BrokenCgroup:
        return BrokenCgroup(self._real.make(*arguments), self._breakage)

    def view(self, *arguments: str) -> BrokenCgroup:
        return BrokenCgroup(self._real.view(*arguments), self._breakage)


class BrokenBox:
    """A real box whose guest is told other limits than the job's."""

    def __init__(self, real: Any, told: bytes) -> None:
        self._real = real
        self._told = told

    def __getattr__(self, name: str) -> Any:
        if name == "hand_over":
            # Whoever had the pipes would talk past what is broken here.
            raise AttributeError(name)
        return getattr(self._real, name)

    async def send(self, data: bytes) -> None:
        if data[4:5] == bytes([wire.LIMITS]):
            data = self._told + data[len(self._told) :]
        await self._real.send(data)


class BrokenBackend:
    """A real backend with one thing broken."""

    def __init__(self, real: Any, breakage: Breakage) -> None:
        self._real = real
        self._breakage = breakage
        self.opened = 0
        self._strays: list[subprocess.Popen[bytes]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def start(self) -> None:
        await self._real.start()
        self._real._hierarchy = BrokenHierarchy(self._real._hierarchy, self._breakage)

    @asynccontextmanager
    async def open(self, spec: BoxSpec) -> AsyncIterator[BrokenBox]:
        self.opened += 1
        frames = wire.encode_job(Job(program=b"any"), self._breakage.tell(spec))
        told = frames[: 5 + int.from_bytes(frames[:4], "big")]
        async with self._real.open(self._breakage.make(spec)) as box:
            if self._breakage.leaves_a_process:
                self._leave_a_process(box.id)
            yield BrokenBox(box, told)

    def _leave_a_process(self, box_id: str) -> None:
        # Carries the box's name in its command line, as those of the runtime do.
        self._strays.append(subprocess.Popen(["/bin/sh", "-c", "sleep 60; :", box_id], start_new_session=True))

    def end_strays(self) -> None:
        for stray in self._strays:
            os.killpg(stray.pid, signal.SIGKILL)
            stray.wait()


def limits(**changes: int) -> Callable[[BoxSpec], BoxSpec]:
    """Change limits and rules of a spec, by name, to so many times what they were."""

    def change(spec: BoxSpec) -> BoxSpec:
        of_job = {name: getattr(spec.limits, name) * by for name, by in changes.items() if hasattr(spec.limits, name)}
        of_box = {name: getattr(spec.rules, name) * by for name, by in changes.items() if name not in of_job}
        return replace(spec, limits=replace(spec.limits, **of_job), rules=replace(spec.rules, **of_box))

    return change


def with_uid(uid: int) -> Callable[[BoxSpec], BoxSpec]:
    return lambda spec: replace(spec, rules=replace(spec.rules, uid=uid))


CPU = Breakage(name="cpu_time_ms", count=lambda counters: replace(counters, cpu_time_us=0))
MEMORY = Breakage(name="memory_bytes", make=limits(memory_bytes=4, overhead_memory_bytes=4), keeps_memory=False)
DISK = Breakage(name="disk_bytes", tell=limits(disk_bytes=2))
PROCESSES = Breakage(name="processes_max", tell=limits(processes_max=2))

BROKEN = {
    "the-CPU-counter-stands-still": CPU,
    "writes-to-the-memory-limit-are-dropped": MEMORY,
    "OOM-kills-are-not-counted": Breakage(name="memory_bytes", count=lambda counters: replace(counters, oom_kills=0)),
    "more-processes": PROCESSES,
    "more-open-files": Breakage(name="open_files_max", tell=limits(open_files_max=2)),
    "a-larger-tmp": DISK,
    "a-larger-shm": Breakage(name="shm_bytes", tell=limits(shm_bytes=2)),
    "more-output-is-passed-on": Breakage(name="output_bytes", tell=limits(output_bytes=2)),
    "output-is-drained-without-end": Breakage(name="output_hard_bytes", tell=limits(output_hard_bytes=4)),
    "another-user": Breakage(name="identity", make=with_uid(12_345)),
    "something-is-left": Breakage(name="kill", leaves_a_process=True),
}
BROKEN_IN_DOCKER = ("the-CPU-counter-stands-still", "writes-to-the-memory-limit-are-dropped", "a-larger-tmp")


def with_backend(
    backend_name: str, breakage: Breakage, work: Callable[[BrokenBackend], Awaitable[Any]], *, started: bool = True
) -> Any:
    async def use() -> Any:
        runsc = server.find_runsc(None)
        # A box that had its limits before it was restored refuses to be told others: that wall is not what is broken.
        real = make_backend(backend_name, {"python": LANGUAGES["python"]}, runsc, with_templates=False)
        backend = BrokenBackend(real, breakage)
        if not started:
            return await work(backend)
        await backend.start()
        try:
            return await work(backend)
        finally:
            await backend.close()
            backend.end_strays()

    return asyncio.run(use())


def short_examination(backend_name: str, breakage: Breakage) -> Examination:
    async def work(backend: Any) -> Examination:
        return await examine(backend, POLICIES["default"], LANGUAGES["python"], slots=SLOTS, short=True)

    found: Examination = with_backend(backend_name, breakage, work)
    return found


@pytest.mark.parametrize(
    ("backend", "breakage"),
    [pytest.param("runsc", breakage, marks=pytest.mark.gvisor, id=f"runsc-{name}") for name, breakage in BROKEN.items()]
    + [
        pytest.param("docker", BROKEN[name], marks=[pytest.mark.docker, pytest.mark.gvisor], id=f"docker-{name}")
        for name in BROKEN_IN_DOCKER
    ],
)
def test_what_does_not_bind_is_named_and_nothing_else(backend: str, breakage: Breakage) -> None:
    examination = short_examination(backend, breakage)

    assert [finding.name for finding in examination.broken] == [breakage.name], examination.findings
    assert examination.unproven == examination.broken, examination.findings


def doctor(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "sandbox", "doctor", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_limit_binds_on_this_machine(backend: str) -> None:
    done = doctor("--json", "--backend", backend)

    document = json.loads(done.stdout)
    assert done.returncode == 0, (document, done.stderr)
    assert document["all_bind"]
    assert document["problem"] == ""
    statuses = {finding["name"]: finding["status"] for finding in document["limits"]}
    assert {"cpu_time_ms", "wall_time_ms", "memory_bytes", "processes_max", "open_files_max"} <= set(statuses)
    assert {"disk_bytes", "shm_bytes", "output_bytes", "output_hard_bytes", "cpu_quota_percent"} <= set(statuses)
    assert {"network", "read_only_root", "identity", "system_calls", "view", "kill"} <= set(statuses)
    # Others may be at work here: then some probe may have to run alone, or a quota may not be put to the test.
    noted = [finding for finding in document["limits"] if finding["status"] != "OK"]
    assert all("(alone; " in finding["seen"] or "others had the CPU" in finding["seen"] for finding in noted), noted


@pytest.mark.gvisor
def test_the_report_is_for_people_too() -> None:
    done = doctor("--short")

    assert done.returncode == 0, done.stderr
    for words in ("limit", "expected", "seen", "cpu_time_ms", "killed at", "binds", "limits bind"):
        assert words in done.stdout, done.stdout
    assert "5 probes" in done.stderr


# The server.


def terms(folder: Path, **choices: bool) -> Terms:
    return Terms(proofs=folder, slots=SLOTS, **choices)


@pytest.mark.gvisor
def test_a_proof_serves_private_servers_alone_and_a_failure_makes_an_end_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "run"

    async def boxes_for(backend: BrokenBackend, terms: Terms) -> int:
        before = backend.opened
        assert await pass_gate(backend, POLICIES, LANGUAGES, terms) == ()
        return backend.opened - before

    async def work(backend: BrokenBackend) -> None:
        private, public = terms(folder, rely_on_kept=True), terms(folder)
        assert await boxes_for(backend, private) > 0
        assert await boxes_for(backend, private) == 0
        (kept,) = folder.glob("proof-*")
        written_ns = kept.stat().st_mtime_ns
        assert await boxes_for(backend, public) > 0
        assert kept.stat().st_mtime_ns > written_ns

    with_backend("runsc", Breakage(name=""), work)

    async def fail(backend: BrokenBackend) -> None:
        with pytest.raises(BackendError, match="processes_max does not bind"):
            await pass_gate(backend, POLICIES, LANGUAGES, terms(folder))

    with_backend("runsc", PROCESSES, fail)
    assert list(folder.glob("proof-*")) == []


def settings(tmp_path: Path, **choices: bool) -> server.Settings:
    return server.Settings(
        listen=f"unix:{tmp_path / 's'}",
        proofs=tmp_path / "run",
        slots=SLOTS,
        **choices,
    )


async def serve(settings: server.Settings, backend: Any) -> None:
    """A server and its launcher in one process."""
    launcher = Launcher(backend, lambda: POLICIES, LANGUAGES, boxes_max=64)
    await launcher.start()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    attending = asyncio.create_task(launcher.attend(Channel(theirs)))
    try:
        await server.serve(settings, ours, POLICIES, lambda: POLICIES, LANGUAGES)
    finally:
        await attending
        await launcher.close()


@pytest.mark.gvisor
def test_a_server_refuses_where_a_limit_does_not_bind(tmp_path: Path) -> None:
    async def work(backend: Any) -> None:
        with pytest.raises(BackendError) as refused:
            await serve(settings(tmp_path), backend)
        text = str(refused.value)
        assert "disk_bytes does not bind" in text
        assert "fix: " in text
        assert "--allow-unenforced" in text
        assert text.count("does not bind") == 1

    with_backend("runsc", DISK, work, started=False)
    assert not (tmp_path / "s").exists()


@pytest.fixture
def own_signals() -> Iterator[None]:
    """The server takes SIGTERM for its end; afterwards it means to this process what it meant before."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.gvisor
def test_a_server_that_may_serves_all_the_same_and_every_verdict_says_so(tmp_path: Path, own_signals: None) -> None:
    async def ask() -> Any:
        async with AsyncClient(f"unix:{tmp_path / 's'}") as client:
            return await client.run(Job(program=b"print('served')"))

    async def work(backend: Any) -> Any:
        serving = asyncio.create_task(serve(settings(tmp_path, allow_unenforced=True), backend))
        try:
            while not (tmp_path / "s").exists():
                await asyncio.sleep(0.05)
                assert not serving.done(), serving.exception()
            return await ask()
        finally:
            if (tmp_path / "s").exists():
                # The server's own handler is there since before it listened.
                os.kill(os.getpid(), signal.SIGTERM)
            else:
                serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving

    verdict = with_backend("runsc", DISK, work, started=False)

    assert verdict.passed
    assert verdict.unenforced == ("disk_bytes",)
    assert list((tmp_path / "run").glob("proof-*")) == []
