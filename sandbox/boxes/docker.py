"""The Docker backend: one container per box on a Docker Engine, with the runtime runsc and no other.

The Engine makes the cgroup, so the counters are read from where it puts it. Its calls block: they run in threads, and
kills in threads of their own, because a server whose every thread waits for a container has none left to end one.
"""

import asyncio
import contextlib
import json
import secrets
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import docker
import docker.errors
import requests

from sandbox import host
from sandbox.boxes import cgroups, leftovers
from sandbox.boxes.baseline import Baseline
from sandbox.boxes.box import Box
from sandbox.boxes.counters import Counters
from sandbox.boxes.oci import HOSTNAME
from sandbox.boxes.quarantine import Quarantine
from sandbox.boxes.remains import remains_of
from sandbox.boxes.shield import to_the_end
from sandbox.boxes.version import runsc_identity, runsc_version
from sandbox.boxspec import CPU_PERIOD_US, BoxSpec
from sandbox.errors import BackendError, ImageError
from sandbox.images import VERSION_LABEL
from sandbox.language import Language
from sandbox.seccomp.roles import around_the_box

_Result = TypeVar("_Result")

RUNTIME = "runsc"
_FILTERS = "--oci-seccomp"
LABEL = "sandbox.instance"
RUN_DIR_LABEL = "sandbox.run_dir"
_CALL_TIMEOUT_S = 120
_KILL_TIMEOUT_S = 5.0
_THREADS = 16
_READ_BYTES = 65_536
_STDERR_BYTES_MAX = 16_384
_ULIMIT_OPEN_FILES = 4_096
_STREAM_HEADER = struct.Struct(">B3xI")
_STDOUT, _STDERR = 1, 2


class DockerBackend:
    """Makes boxes through a Docker Engine. Needs its socket, which is as good as root on its host."""

    name = "docker"
    platform = "systrap"

    def __init__(self, *, languages: Mapping[str, Language], runsc: Path, run_dir: Path) -> None:
        """Prepare a backend.

        Args:
            languages: Their images are named `sandbox-<name>:latest` in the Engine.
            runsc: The runtime's binary, for its version.
            run_dir: Where running servers have their folders.
        """
        self._languages = languages
        self._runsc = runsc
        self._run_dir = run_dir
        self._engine: _Engine | None = None
        self._instance: leftovers.Instance | None = None
        self._digests: dict[str, str] = {}
        self._versions: dict[str, str] = {}
        self._systemd = False
        self._hierarchy: cgroups.Hierarchy | None = None
        self.quarantine = Quarantine()
        self.runsc_version = self.runsc_identity = "unknown"

    def image_digest(self, language: str) -> str:
        """Return the Engine's id of a language's image."""
        return self._digests[language]

    def language_version(self, language: str) -> str:
        """Return the version that the image's label states."""
        return self._versions[language]

    async def start(self) -> None:
        """Check the Engine and the images, and remove what dead servers have left.

        Raises:
            BackendError: Boxes cannot be made here. The text says what to do.
            ImageError: A language's image is missing.
        """
        self.runsc_version, self.runsc_identity = await runsc_version(self._runsc), runsc_identity(self._runsc)
        self._engine = engine = await _Engine.connect()
        info = await engine.call(engine.api.info)
        runtime = info.get("Runtimes", {}).get(RUNTIME)
        if runtime is None:
            raise BackendError("the Docker Engine has no runtime runsc, and no other will do: run scripts/dev-docker")
        # A runtime with a type of its own has its flags in a file of its own; the examination will tell.
        if "runtimeType" not in runtime and _FILTERS not in (runtime.get("runtimeArgs") or ()):
            raise BackendError(
                "the Docker Engine's runtime runsc ignores filters of system calls: run scripts/dev-docker, which "
                f"adds {_FILTERS} to its runtimeArgs in daemon.json"
            )
        self._systemd = info.get("CgroupDriver") == "systemd"
        for language in self._languages.values():
            await self._look_at_image(engine, language)
        await self._sweep(engine)
        self._instance = leftovers.claim(self._run_dir)
        self._hierarchy = _hierarchy_of(self._instance.name, systemd=self._systemd)

    async def _look_at_image(self, engine: "_Engine", language: Language) -> None:
        tag = image_tag(language.name)
        try:
            image = await engine.call(engine.api.inspect_image, tag)
        except docker.errors.ImageNotFound:
            raise ImageError(
                f"the Docker Engine has no image {tag}: run sandbox images build --backend docker {language.name}"
            ) from None
        self._digests[language.name] = image["Id"]
        self._versions[language.name] = (image["Config"].get("Labels") or {}).get(VERSION_LABEL, "unknown")

    async def _sweep(self, engine: "_Engine") -> None:
        """Remove the containers of servers whose folder is gone or whose lock is free."""
        # Containers first: a server that starts after this has its folder before its containers. Only those of servers
        # that have their folders where ours is: nobody can tell here whether the others live.
        ours = {"label": f"{RUN_DIR_LABEL}={self._run_dir}"}
        containers = await engine.call(engine.api.containers, all=True, filters=ours)
        abandoned = {folder.name for folder in leftovers.abandoned(self._run_dir)}
        alive = {folder.name for folder in self._run_dir.iterdir()} - abandoned if self._run_dir.is_dir() else set()
        for container in containers:
            if container["Labels"].get(LABEL) not in alive:
                await engine.remove(container["Id"])
        for folder in leftovers.abandoned(self._run_dir):
            hierarchy = _hierarchy_of(folder.name, systemd=self._systemd)
            for name in hierarchy.names():
                await cgroups.remove(hierarchy.view(f"docker/{name}", name))
            hierarchy.remove()
            leftovers.remove(folder)

    async def remains(self, box_id: str) -> tuple[str, ...]:
        """List what is left of a box."""
        return await asyncio.to_thread(remains_of, box_id, self._run_dir)

    async def close(self) -> None:
        """Give the folder up."""
        await self.quarantine.close()
        if self._instance is not None:
            self._instance.release()
        if self._hierarchy is not None:
            self._hierarchy.remove()
        if self._engine is not None:
            self._engine.close()

    def open(self, spec: BoxSpec) -> AbstractAsyncContextManager[Box]:
        """Make a box; see `sandbox.boxes.box.Backend.open`."""
        return self._open(spec)

    @asynccontextmanager
    async def _open(self, spec: BoxSpec) -> AsyncIterator[Box]:
        if self._engine is None or self._instance is None or self._hierarchy is None:
            raise BackendError("the backend was not started")
        engine, hierarchy = self._engine, self._hierarchy
        name = f"sandbox-{self._instance.name}-{secrets.token_hex(6)}"
        try:
            # Not to be called back: a container that is made after we stopped waiting for it would stay.
            container_id = await to_the_end(self._create(engine, name, self._instance.name, spec))
            path = f"system.slice/docker-{container_id}.scope" if self._systemd else f"docker/{container_id}"
            box = _DockerBox(engine, container_id, hierarchy.view(path, container_id))
            try:
                await box.start()
                yield box
            finally:
                await to_the_end(box.destroy())
        except (docker.errors.DockerException, requests.RequestException) as error:
            raise BackendError(f"the Docker Engine cannot make a box: {_one_line(error)}") from error
        finally:
            await to_the_end(self._forget(engine, name))

    async def _forget(self, engine: "_Engine", name: str) -> None:
        await engine.remove(name)

    async def _create(self, engine: "_Engine", name: str, instance: str, spec: BoxSpec) -> str:
        made = await engine.call(
            engine.api.create_container,
            image=self._digests[spec.language],
            entrypoint=[],
            command=list(spec.command),
            name=name,
            hostname=HOSTNAME,
            user=f"{spec.rules.uid}:{spec.rules.gid}",
            environment=dict(spec.environment),
            labels={LABEL: instance, RUN_DIR_LABEL: str(self._run_dir)},
            working_dir="/",
            stdin_open=True,
            network_disabled=True,
            host_config=_host_config(engine, spec),
        )
        container_id: str = made["Id"]
        return container_id


def image_tag(language: str) -> str:
    """Return how a language's image is called in the Engine."""
    return f"sandbox-{language}:latest"


def _host_config(engine: "_Engine", spec: BoxSpec) -> dict[str, Any]:
    limits, rules = spec.limits, spec.rules
    config: dict[str, Any] = engine.api.create_host_config(
        runtime=RUNTIME,
        network_mode="none",
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges", f"seccomp={json.dumps(around_the_box(spec.system_calls).as_oci())}"],
        # Without a private /dev/shm of the Engine's making; ours is sized by the policy.
        ipc_mode="none",
        tmpfs={
            "/tmp": f"rw,nosuid,nodev,mode=1777,size={limits.disk_bytes}",  # noqa: S108 (the box's own)
            "/dev/shm": f"rw,nosuid,nodev,mode=1777,size={rules.shm_bytes}",  # noqa: S108
        },
        mem_limit=spec.start_memory_bytes,
        memswap_limit=spec.start_memory_bytes,
        cpu_period=CPU_PERIOD_US,
        cpu_quota=spec.cpu_quota_us,
        pids_limit=rules.host_tasks_max,
        ulimits=[
            docker.types.Ulimit(name="nofile", soft=_ULIMIT_OPEN_FILES, hard=_ULIMIT_OPEN_FILES),
            docker.types.Ulimit(name="core", soft=0, hard=0),
        ],
        # The Engine keeps no copy of what a box says: its log files have no limit of their own.
        log_config=docker.types.LogConfig(type="none"),
    )
    return config


class _DockerBox:
    """A container, attached before it starts."""

    def __init__(self, engine: "_Engine", container_id: str, cgroup: cgroups.Cgroup) -> None:
        self.id = container_id[:12]
        self.restored = False
        self.waited = False
        self._engine = engine
        self._container_id = container_id
        self._cgroup = cgroup
        self._socket: Any = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._stderr = bytearray()
        self._heard = b""
        self._last = Counters()
        self._gone = False
        self._alarm: cgroups.Alarm | None = None
        self._baseline = Baseline()
        self._exit = ""

    async def start(self) -> None:
        """Attach to the container's streams, then start it, so that no byte is missed."""
        params = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        self._socket = await self._engine.call(self._engine.api.attach_socket, self._container_id, params=params)
        raw = getattr(self._socket, "_sock", self._socket)
        raw.setblocking(False)
        self._reader, self._writer = await asyncio.open_connection(sock=raw)
        await self._engine.call(self._engine.api.start, self._container_id)

    async def send(self, data: bytes) -> None:
        """Write to the agent."""
        if self._writer is not None:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._writer.write(data)
                await self._writer.drain()

    async def receive(self) -> bytes:
        """Read from the agent; the container's standard error is kept aside."""
        if self._heard:
            heard, self._heard = self._heard, b""
            return heard
        while self._reader is not None:
            try:
                stream, size = _STREAM_HEADER.unpack(await self._reader.readexactly(_STREAM_HEADER.size))
                data = await self._reader.readexactly(size)
            except (asyncio.IncompleteReadError, ConnectionResetError):
                break
            if stream == _STDOUT:
                return data
            self._stderr += data[: _STDERR_BYTES_MAX - len(self._stderr)]
        return b""

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it runs any more, as the kernel sees it."""
        try:
            return not self._cgroup.pids()
        except OSError:
            # The Engine removes the cgroup of what has ended.
            return True

    async def wait_for_word(self) -> None:
        """Wait until the agent has said something, and keep it."""
        self.waited = True
        if not self._heard:
            self._heard = await self.receive()
        if not self._heard:
            raise BackendError(f"a box ended before it was ready: {await self.epitaph()}")

    async def settle(self, spec: BoxSpec) -> Counters:
        """Hold the box to its job's memory."""
        if self._alarm is None:
            self._cgroup.adopt()
        self._last = self._read()
        held = self._baseline.seen(self._cgroup.held_memory_bytes())
        self._cgroup.limit_memory(spec.ready_memory_bytes(held))
        self._cgroup.restart_peak()
        if self._alarm is None:
            self._alarm = self._cgroup.alarm(self._look)
        return self._last

    def _read(self) -> Counters:
        """Read the container's cgroup, and what says how late the Engine, which is not in it, can have been."""
        return replace(self._cgroup.counters(), carrier_pressure_us=host.cpu_pressure_us())

    def _look(self) -> None:
        """Keep what the counters show now: when the box dies of it, the Engine removes them at once."""
        with contextlib.suppress(OSError, BackendError):
            self._last = self._read()

    async def counters(self) -> Counters:
        """Read the container's cgroup; once that is gone, return the last reading and the Engine's word on OOM."""
        if not self._gone:
            try:
                self._last = self._read()
            except (OSError, BackendError):
                # The Engine has removed it: the container has ended. Wait until the Engine knows how.
                if (await self._ended()).get("OOMKilled"):
                    self._last = replace(self._last, oom_kills=max(1, self._last.oom_kills))
                self._gone = True
        return self._last

    async def _ended(self) -> dict[str, Any]:
        """Wait until the container is not running any more, and return its state.

        Raises:
            BackendError: It still runs.
        """
        try:
            async with asyncio.timeout(_KILL_TIMEOUT_S):
                # The Engine offers no event for this that could not be lost.
                while (state := await self._state()).get("Running"):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
                return state
        except TimeoutError:
            raise BackendError(f"container {self.id} does not end, not even by SIGKILL") from None

    async def _state(self) -> dict[str, Any]:
        with contextlib.suppress(docker.errors.DockerException, requests.RequestException):
            inspected = await self._engine.call(self._engine.api.inspect_container, self._container_id)
            state: dict[str, Any] = inspected["State"]
            return state
        return {}

    async def kill(self) -> None:
        """Kill everything in the box, and wait until the Engine has seen it end."""
        # Not by the Engine first: its calls queue up behind each other.
        if self._cgroup.has_kill:
            with contextlib.suppress(cgroups.StuckError):
                await cgroups.kill_all(self._cgroup)
        with contextlib.suppress(docker.errors.APIError):
            # 409: it is not running any more.
            await self._engine.kill(self._container_id)
        state = await self._ended()
        self._exit = f"exit {state.get('ExitCode')} {state.get('Error', '')}".strip()

    async def destroy(self) -> None:
        """Kill the container and let its streams go; the backend removes it."""
        try:
            await self.kill()
        finally:
            if self._writer is not None:
                # Not close: that would wait until somebody reads what is left to send.
                self._writer.transport.abort()
                with contextlib.suppress(OSError):
                    await self._writer.wait_closed()
            if self._socket is not None:
                self._socket.close()
            if self._alarm is not None:
                self._alarm.close()
            self._cgroup.close()
            with contextlib.suppress(OSError):
                self._cgroup.release()

    async def end(self) -> Counters:
        """Read the counters, then kill."""
        counters = await self.counters()
        await self.kill()
        return counters

    async def epitaph(self) -> str:
        """Return the container's last words."""
        return f"{self._exit}: {self._stderr.decode('utf-8', 'backslashreplace').strip()}"


class _Engine:
    """The Docker Engine's API, from asyncio."""

    def __init__(self, api: Any) -> None:
        self.api = api
        self._calls = ThreadPoolExecutor(_THREADS, thread_name_prefix="docker")
        self._kills = ThreadPoolExecutor(_THREADS, thread_name_prefix="docker-kill")

    @classmethod
    async def connect(cls) -> "_Engine":
        """Find the Engine as the `docker` command does.

        Raises:
            BackendError: None answers.
        """
        try:
            client = await asyncio.to_thread(docker.from_env, timeout=_CALL_TIMEOUT_S, max_pool_size=2 * _THREADS)
            await asyncio.to_thread(client.ping)
        except (docker.errors.DockerException, requests.RequestException) as error:
            raise BackendError(
                f"no Docker Engine answers ({_one_line(error)}): start it with scripts/dev-docker"
            ) from error
        return cls(client.api)

    async def call(self, function: Callable[..., _Result], *args: Any, **kwargs: Any) -> _Result:
        """Call the API in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._calls, lambda: function(*args, **kwargs))

    async def kill(self, container_id: str) -> None:
        """Send SIGKILL, in a thread that no other call can keep busy."""
        await asyncio.get_running_loop().run_in_executor(self._kills, self.api.kill, container_id)

    async def remove(self, container: str) -> None:
        """Remove a container by name or id, running or not, there or not."""

        def remove() -> None:
            with contextlib.suppress(docker.errors.NotFound):
                self.api.remove_container(container, force=True, v=True)

        await asyncio.get_running_loop().run_in_executor(self._kills, remove)

    def close(self) -> None:
        """End the threads and the connections."""
        self._calls.shutdown()
        self._kills.shutdown()
        self.api.close()


def _hierarchy_of(instance: str, *, systemd: bool) -> cgroups.Hierarchy:
    """Return where the Engine's cgroups are found. Where systemd makes them, it keeps the unified hierarchy too."""
    return cgroups.detect(f"sandbox/{instance}", unified=not systemd)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:500]
