"""The direct backend: one `runsc` per box, in a cgroup that we made, from an EROFS image.

A box is restored from a checkpoint of one that waited for its job, where there is one, and started otherwise.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import host, wire
from sandbox.boxes import cgroups, leftovers, oci
from sandbox.boxes.baseline import Baseline
from sandbox.boxes.box import Box
from sandbox.boxes.cores import Cores
from sandbox.boxes.counters import Counters
from sandbox.boxes.pipes import Ends, Pipes, make_pipes
from sandbox.boxes.quarantine import Quarantine
from sandbox.boxes.remains import remains_of
from sandbox.boxes.shield import to_the_end
from sandbox.boxes.templates import Templates
from sandbox.boxes.tracing import CallTrace
from sandbox.boxes.version import runsc_identity, runsc_version
from sandbox.boxspec import BoxSpec
from sandbox.errors import BackendError
from sandbox.logs import logger

if TYPE_CHECKING:
    from sandbox.images import Image

_READ_BYTES = 65_536
# The kernel takes a wish for more as one for this much (read_ahead_kb).
_READ_AHEAD_BYTES = 131_072
_STDERR_BYTES_MAX = 16_384
_REAP_TIMEOUT_S = 5.0
_LAST_WORDS_S = 1.0
_CHECKPOINT_TIMEOUT_S = 30.0
_TEMPLATE = "template"
"""The word behind the agent's command that tells it that others will be restored from a checkpoint of it. The modules
to load follow."""
_CGROUP_PARENT = "sandbox"

# The shell becomes the runtime, so that all its processes are born in the box's cgroup.
_ENTER = 'echo 0 > "$0"; exec "$@"'

_FLAGS = (
    "--platform=systrap",
    "--network=none",
    # The root is read-only and the only writable places are sized tmpfs: no overlay, no file of the host behind one.
    "--overlay2=none",
    "--host-uds=none",
    "--host-fifo=none",
    "--character-device-policy=emulated-only",
    # Without it, runsc ignores the filter of the spec.
    "--oci-seccomp",
)


class RunscBackend:
    """Drives `runsc` itself. Needs root, cgroups, and an image for each language."""

    name = "runsc"
    platform = "systrap"

    def __init__(
        self,
        *,
        runsc: Path,
        images: "Mapping[str, Image]",
        run_dir: Path,
        with_templates: bool = True,
        trace: CallTrace | None = None,
    ) -> None:
        """Prepare a backend.

        Args:
            runsc: The binary.
            images: One image per language name.
            run_dir: Where running servers have their folders.
            with_templates: Restore boxes from checkpoints; False starts each one anew.
            trace: Gathers the system calls of all boxes; started. Boxes are not restored then.
        """
        self._runsc = runsc
        self._images = images
        self._run_dir = run_dir
        self._with_templates = with_templates and trace is None
        self._trace = trace
        self._templates: Templates | None = None
        self._instance: leftovers.Instance | None = None
        self._hierarchy: cgroups.Hierarchy | None = None
        self._shifts_ids = False
        self._cores = Cores(os.sched_getaffinity(0))
        self.quarantine = Quarantine()
        self.runsc_version = self.runsc_identity = "unknown"

    def image_digest(self, language: str) -> str:
        """Return the digest of a language's EROFS image."""
        return self._images[language].digest

    def language_version(self, language: str) -> str:
        """Return what the language said of itself when its image was built."""
        return self._images[language].language_version

    async def start(self) -> None:
        """Check the machine, claim a folder, and remove what dead servers have left.

        Raises:
            BackendError: Boxes cannot be made here. The text says what to do.
        """
        if os.geteuid() != 0:
            raise BackendError("the backend runsc needs root: start it with sudo")
        self.runsc_version, self.runsc_identity = await runsc_version(self._runsc), runsc_identity(self._runsc)
        for folder in leftovers.abandoned(self._run_dir):
            await self._sweep(folder)
        self._instance = leftovers.claim(self._run_dir)
        self._hierarchy = _hierarchy_of(self._instance.name)
        self._hierarchy.remove_empty_ones()
        self._hierarchy.prepare()
        self._shifts_ids = host.may_shift_ids(oci.SHIFTED_TO, oci.SHIFTED_IDS)
        if not self._shifts_ids:
            logger().warning(
                "boxes have the host's user ids: it gives no user namespaces (user.max_user_namespaces), or this is a "
                "container with few ids"
            )
        try:
            (self._instance.folder / "empty").mkdir()
        except OSError as error:
            raise BackendError(f"no room for boxes: {error}: free some, or set SANDBOX_RUN_DIR") from error
        if self._with_templates:
            self._templates = Templates(self._instance.folder / "templates", self._make_template)
        for path in (self._runsc, *(image.erofs_path for image in self._images.values())):
            _read_ahead(path)

    async def _sweep(self, folder: Path) -> None:
        """Remove the boxes of a server that died: their processes, cgroups and files."""
        hierarchy = _hierarchy_of(folder.name)
        # The runtime's command line processes are in no cgroup of ours; they end with their server unless they are
        # stopped.
        for pid in host.runsc_processes(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        is_clean = True
        for name in hierarchy.names():
            cgroup = hierarchy.make(name)
            try:
                await cgroups.remove(cgroup)
            except cgroups.StuckError:
                # A slot less, and no reason not to serve. Its folder is the next server's.
                is_clean = False
                self.quarantine.take(name, cgroup, lambda: None)
        if is_clean:
            hierarchy.remove()
            leftovers.remove(folder)

    async def remains(self, box_id: str) -> tuple[str, ...]:
        """List what is left of a box."""
        return await asyncio.to_thread(remains_of, box_id, self._run_dir)

    async def close(self) -> None:
        """Give the folder up."""
        if self._templates is not None:
            await self._templates.close()
        await self.quarantine.close()
        if self._instance is not None:
            for pid in host.runsc_processes(self._instance.folder):
                logger().error("left behind", pid=pid, instance=self._instance.name)
            self._instance.release()
        if self._hierarchy is not None:
            self._hierarchy.remove()

    def open(self, spec: BoxSpec) -> AbstractAsyncContextManager[Box]:
        """Make a box; see `sandbox.boxes.box.Backend.open`."""
        return self._open(spec)

    @asynccontextmanager
    async def _open(self, spec: BoxSpec) -> AsyncIterator[Box]:
        if self._templates is None:
            async with self._boot(spec) as box:
                yield box
            return
        warm = replace(spec, command=(*spec.command, _TEMPLATE, *spec.warm))
        config = self._config(warm)
        if (template := self._templates.find(warm, config)) is not None:
            async with AsyncExitStack() as stack:
                try:
                    box = await stack.enter_async_context(self._boot(warm, template))
                    await box.wake(spec.rules.start_timeout_ms / 1000)
                except BackendError as error:
                    self._templates.was_restored(template, error)
                else:
                    self._templates.was_restored(template)
                    yield box
                    return
        try:
            async with self._boot(spec) as box:
                yield box
        finally:
            # Not before: a job that runs alone shall have nothing beside it.
            self._templates.was_started(warm, config)

    @asynccontextmanager
    async def _boot(self, spec: BoxSpec, template: Path | None = None) -> "AsyncIterator[_RunscBox]":
        if self._instance is None or self._hierarchy is None:
            raise BackendError("the backend was not started")
        box_id = f"{self._instance.name}-{secrets.token_hex(6)}"
        folder = self._instance.folder / box_id
        cgroup = self._hierarchy.make(box_id)
        try:
            cgroup.limit(spec)
            folder.mkdir(mode=0o700)
            (folder / "config.json").write_bytes(self._config(spec, cgroup_path=cgroup.oci_path))
            box = _RunscBox(box_id, cgroup, restored=template is not None)
            how = ["run"] if template is None else ["restore", f"--image-path={template}"]
            with self._cores.of_a_box(spec.rules.cores) as cores:
                try:
                    await box.start(self._command(folder, cgroup, cores, [*how, f"--bundle={folder}", box_id]))
                    yield box
                finally:
                    # Also when cancelled: a cancelled job must not leave a box running.
                    await to_the_end(box.destroy())
        except OSError as error:
            raise BackendError(f"cannot make a box: {error}") from error
        finally:
            await to_the_end(self._forget(box_id, cgroup, folder))

    def _config(self, spec: BoxSpec, *, cgroup_path: str = "") -> bytes:
        if self._instance is None:
            raise BackendError("the backend was not started")
        image, empty = self._images[spec.language].erofs_path, self._instance.folder / "empty"
        return oci.oci_spec(
            spec, erofs_image=image, empty_root=empty, cgroup_path=cgroup_path, shifted=self._shifts_ids
        )

    async def _make_template(self, spec: BoxSpec, target: Path) -> None:
        """Start a box, and checkpoint it as soon as it waits for a job."""
        try:
            async with asyncio.timeout(_CHECKPOINT_TIMEOUT_S):
                await self._checkpoint(spec, target)
        except TimeoutError:
            raise BackendError(f"no checkpoint within {_CHECKPOINT_TIMEOUT_S:.0f} s") from None

    async def _checkpoint(self, spec: BoxSpec, target: Path) -> None:
        async with self._boot(spec) as box:
            await box.wait_for_frame()
            # It prepares by its limits, and says that it is ready once more.
            await box.send(wire.encode_limits(spec) + wire.encode_frame(wire.WAKE, b""))
            await box.wait_for_frame()
            folder = target.parent.parent / box.id
            process = await asyncio.create_subprocess_exec(
                *self._runtime(folder),
                "checkpoint",
                # Flate takes longer than all the rest; the pages are in memory anyway.
                "--compression=none",
                f"--image-path={target}",
                box.id,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            _, said = await process.communicate()
            if process.returncode != 0:
                raise BackendError(f"checkpoint: exit {process.returncode}: {said[-500:].decode(errors='replace')}")

    async def _forget(self, box_id: str, cgroup: cgroups.Cgroup, folder: Path) -> None:
        def remove_folder() -> None:
            shutil.rmtree(folder, ignore_errors=True)

        try:
            await cgroups.remove(cgroup)
        except cgroups.StuckError:
            self.quarantine.take(box_id, cgroup, remove_folder)
        else:
            remove_folder()

    def _command(self, folder: Path, cgroup: cgroups.Cgroup, cores: tuple[int, ...], command: list[str]) -> list[str]:
        enter = [] if cgroup.entrance is None else ["sh", "-ec", _ENTER, str(cgroup.entrance)]
        stay = ["taskset", "--cpu-list", ",".join(map(str, cores))] if cores else []
        # setpriv: if this server dies, its boxes die with it.
        return [*enter, *stay, "setpriv", "--pdeathsig", "KILL", *self._runtime(folder), *command]

    def _runtime(self, folder: Path) -> list[str]:
        # A state directory per box: starts read the whole of it, and leftovers would slow every later one.
        traced = [] if self._trace is None else [f"--pod-init-config={self._trace.config_path}"]
        return [str(self._runsc), f"--root={folder / 'state'}", *_FLAGS, *traced]


class _RunscBox:
    """A running `runsc run` and its cgroup."""

    def __init__(self, box_id: str, cgroup: cgroups.Cgroup, *, restored: bool) -> None:
        self.id = box_id
        self.restored = restored
        self.waited = False
        self._cgroup = cgroup
        self._process: asyncio.subprocess.Process | None = None
        self._pipes: Pipes | None = None
        self._stderr = bytearray()
        self._stderr_task: asyncio.Task[None] | None = None
        self._heard = b""
        self._was_killed = False
        self._baseline = Baseline()

    async def start(self, command: list[str]) -> None:
        """Start the runtime; the box may still fail to come up."""
        ours, theirs = make_pipes()
        self._pipes = Pipes(ours)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=theirs.source,
                stdout=theirs.sink,
                stderr=asyncio.subprocess.PIPE,
                env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                start_new_session=True,
            )
        finally:
            theirs.close()
        self._stderr_task = asyncio.create_task(self._keep_stderr(self._process.stderr))

    async def _keep_stderr(self, stream: asyncio.StreamReader | None) -> None:
        while stream is not None and (data := await stream.read(_READ_BYTES)):
            self._stderr += data[: _STDERR_BYTES_MAX - len(self._stderr)]

    async def send(self, data: bytes) -> None:
        """Write to the agent."""
        # A box that died while we wrote is found out by reading.
        await self._running().send(data)

    async def wake(self, timeout_s: float) -> None:
        """Tell a restored agent that it is another one now, and wait until it says something.

        Raises:
            BackendError: It says nothing.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self.send(wire.encode_frame(wire.WAKE, b""))
                self._heard = await self.receive()
        except TimeoutError:
            raise BackendError(f"a box was not restored within {timeout_s} s") from None
        if not self._heard:
            raise BackendError(f"a box was not restored: {await self.epitaph()}")

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it runs any more, as the kernel sees it; or soon will, for its runtime has ended."""
        return self._process is None or self._process.returncode is not None or self._cgroup.is_empty()

    async def wait_for_word(self) -> None:
        """Wait until the agent has said something, and keep it."""
        self.waited = True
        if not self._heard:
            self._heard = await self.receive()
        if not self._heard:
            raise BackendError(f"a box ended before it was ready: {await self.epitaph()}")

    async def wait_for_frame(self) -> None:
        """Wait until the agent has said one thing, whole.

        Raises:
            BackendError: It ended.
        """
        reader = wire.FrameReader()
        while data := await self.receive():
            if list(reader.feed(data)):
                return
        raise BackendError(f"a box ended before it was ready: {await self.epitaph()}")

    async def receive(self) -> bytes:
        """Read from the agent."""
        if self._heard:
            heard, self._heard = self._heard, b""
            return heard
        return await self._running().receive()

    def hand_over(self) -> tuple[Ends, bytes]:
        """Give the pipes away, and what was heard on them already."""
        ends = self._running().release()
        if ends is None:
            raise BackendError("the pipes to the box were given away before")
        return ends, self._heard

    def _running(self) -> Pipes:
        if self._pipes is None:
            raise BackendError("the box was not started")
        return self._pipes

    async def settle(self, spec: BoxSpec) -> Counters:
        """Hold the box to its job's memory."""
        used = self._cgroup.counters()
        held = self._baseline.seen(self._cgroup.held_memory_bytes())
        self._cgroup.limit_memory(spec.ready_memory_bytes(held))
        self._cgroup.restart_peak()
        return used

    async def counters(self) -> Counters:
        """Read the box's cgroup."""
        return self._cgroup.counters()

    async def kill(self) -> None:
        """Kill everything in the box, and then the runtime's command line process, which may be outside."""
        # What does not die is found again when the cgroup is to be removed, and goes into quarantine there.
        with contextlib.suppress(cgroups.StuckError):
            await cgroups.kill_all(self._cgroup)
            self._was_killed = True
        if self._process is not None and self._process.returncode is None:
            # Not Process.kill(), which may reap the process before asyncio does.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    async def destroy(self) -> None:
        """Kill, reap, close."""
        if self._pipes is not None:
            self._pipes.close()
        if self._process is None:
            return
        try:
            # Looked for once more when the cgroup is removed, where it was killed and the runtime has ended already.
            if not (self._was_killed and self._process.returncode is not None):
                await self.kill()
        finally:
            self._cgroup.close()
            # A box that does not die keeps the pipe of its standard error open.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_REAP_TIMEOUT_S):
                    await self._process.wait()
                    if self._stderr_task is not None:
                        await self._stderr_task

    async def end(self) -> Counters:
        """Read the counters, then kill."""
        counters = await self.counters()
        await self.kill()
        return counters

    async def epitaph(self) -> str:
        """Return the runtime's last words, which it may just be saying."""
        if self._process is not None and self._stderr_task is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST_WORDS_S):
                    await self._process.wait()
                    await asyncio.shield(self._stderr_task)
        code = self._process.returncode if self._process is not None else None
        return f"exit {code}: {self._stderr.decode('utf-8', 'backslashreplace').strip()}"


def _read_ahead(path: Path) -> None:
    """Have a file that all boxes use in the cache before the first of them needs it.

    Whoever reads a page first pays for it. A box that did would have the runtime's own code in its memory limit, and
    near the limit the kernel would take that away from it again and again instead of saying that memory is full.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for start in range(0, os.fstat(fd).st_size, _READ_AHEAD_BYTES):
            os.posix_fadvise(fd, start, _READ_AHEAD_BYTES, os.POSIX_FADV_WILLNEED)
    finally:
        os.close(fd)


def _hierarchy_of(instance: str) -> cgroups.Hierarchy:
    """Return where a server has its boxes' cgroups: a folder of its own, so that no server's end is another's."""
    return cgroups.detect(f"{_CGROUP_PARENT}/{instance}")
