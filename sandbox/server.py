"""Puts a server together, starts it, and takes it apart again."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox import doctor, host, notify
from sandbox.boxes.batch import Batch
from sandbox.boxes.box import Backend
from sandbox.dispatcher import Dispatcher
from sandbox.errors import BackendError, PolicyError
from sandbox.job import Job
from sandbox.language import Language
from sandbox.launcher.backend import LaunchedBackend
from sandbox.logs import logger
from sandbox.metrics import Metrics
from sandbox.policy import Policy
from sandbox.reloading import Reloader
from sandbox.rpc.server import AddressError, RpcServer, check_address
from sandbox.rpc.service import SandboxService
from sandbox.runner import Assignment, Runner
from sandbox.scheduler import Scheduler
from sandbox.verdict import Integrity, Verdict

_CLEAN_UP_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the command line says.

    Attributes:
        listen: `HOST:PORT` or `unix:PATH`.
        proofs: Where proofs that limits bind are kept.
        allow_remote: Whether other machines may connect.
        metrics: `HOST:PORT` where Prometheus finds what is counted; None: nothing is.
        slots: Boxes at the same time; None: as many as cores and memory carry.
        queue_jobs_max: Jobs that may wait.
        grace_s: How long running jobs may go on after a request to stop.
        die_with_stdin: Stop when standard input ends, and at once. Such a server is one client's own, and comes and
            goes with it: that limits bind it takes from a proof of the same boot, if there is one.
        allow_unenforced: Serve though a limit does not bind here; each verdict says so.
        last_removed: A folder to remove after an orderly end, for a client that may be gone by then.
    """

    listen: str
    proofs: Path
    allow_remote: bool = False
    metrics: str | None = None
    slots: int | None = None
    queue_jobs_max: int = 1_024
    grace_s: float = 10.0
    die_with_stdin: bool = False
    allow_unenforced: bool = False
    last_removed: Path | None = None


def check(settings: Settings) -> None:
    """Refuse settings that cannot be served with, before anything is done for them.

    Raises:
        SandboxError: The text says what to do.
    """
    check_address(settings.listen, allow_remote=settings.allow_remote)
    if settings.metrics is not None:
        if settings.metrics.startswith("unix:"):
            raise AddressError("Prometheus reads HOST:PORT, not a unix socket")
        check_address(settings.metrics, allow_remote=settings.allow_remote)


async def serve(
    settings: Settings,
    launcher: socket.socket,
    policies: Mapping[str, Policy],
    read_policies: Callable[[], Mapping[str, Policy]],
    languages: Mapping[str, Language],
) -> None:
    """Serve until a signal, the end of standard input, or a box that is not gVisor's.

    Args:
        settings: What the command line says.
        launcher: A connection to whoever makes the boxes.
        policies: By name, one at least; as the launcher read them.
        read_policies: Reads all policies; called after each SIGHUP.
        languages: By name.

    Raises:
        SandboxError: The server cannot start, or had to stop. The text says what to do.
    """
    log = logger()
    hang_ups = _HangUps()
    machine = host.look()
    by_machine = _slots_for_all(machine, policies)
    slots = settings.slots or by_machine
    backend = LaunchedBackend(launcher)
    stack = contextlib.ExitStack()
    try:
        await _meet(backend, policies)
        await _prove_languages(backend, next(iter(policies.values())), languages)
        unenforced = await _prove_limits(settings, backend, slots, policies, languages)
        runner = Runner(
            backend,
            host_kernel=host.kernel_release(),
            unenforced=unenforced,
            batch=Batch(backend.open, idle_max=slots),
        )
        scheduler = Scheduler(
            slots=slots,
            queue_jobs_max=settings.queue_jobs_max,
            alone_max=max(1, by_machine // 2),
        )
        metrics = stack.enter_context(_metrics(settings, scheduler, policies))
        dispatcher = Dispatcher(
            backend=backend,
            runner=runner,
            scheduler=scheduler,
            policies=policies,
            languages=languages,
            metrics=metrics,
        )
        end = _End(die_with_stdin=settings.die_with_stdin)
        backend.on_gone = lambda why: end.fail(BackendError(why))

        async def prove(changed: Mapping[str, Policy]) -> None:
            _check_still_unenforced(unenforced, await _prove_limits(settings, backend, slots, changed, languages))
            _warn_if_too_many(slots, settings, machine, changed)

        reloader = Reloader(
            dispatcher, lambda: _read_again(backend, read_policies), prove, metrics.count_reload if metrics else None
        )
        server = RpcServer(SandboxService(dispatcher, on_fatal=end.fail))
        port = await server.start(settings.listen, allow_remote=settings.allow_remote)
        log.info(
            "serving",
            listen=settings.listen,
            port=port,
            backend=backend.name,
            runsc_version=backend.runsc_version,
            slots=scheduler.slots,
            languages=sorted(languages),
            policies={name: policy.digest for name, policy in policies.items()},
            unenforced=unenforced,
        )
        notify.ready()
        reloading = asyncio.create_task(reloader.run())
        reloading.add_done_callback(end.fail_with)
        hang_ups.pass_to(reloader.ask)
        try:
            why = await end.wait()
            log.info("stopping", why=why, running=scheduler.running, waiting=scheduler.waiting)
        finally:
            reloading.cancel()
            await asyncio.wait([reloading])
            scheduler.drain()
            await server.stop(0 if settings.die_with_stdin else settings.grace_s)
            # The calls have ended; their boxes are still being removed, and need the backend for it.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CLEAN_UP_TIMEOUT_S):
                    await scheduler.idle()
                    await runner.close()
        end.raise_if_failed()
    finally:
        stack.close()
        await backend.close()
        log.info("stopped")
    if settings.last_removed is not None:
        shutil.rmtree(settings.last_removed, ignore_errors=True)


@contextlib.contextmanager
def _metrics(settings: Settings, scheduler: Scheduler, policies: Mapping[str, Policy]) -> Iterator[Metrics | None]:
    """Give what counts, and show it where the settings say; None if they say nothing.

    Raises:
        AddressError: Nothing can listen there.
    """
    if settings.metrics is None:
        yield None
        return
    metrics = Metrics()
    metrics.in_force(policies)
    metrics.read_from(
        {
            "slots": lambda: scheduler.slots,
            "slots_withheld": lambda: scheduler.withheld,
            "jobs_running": lambda: scheduler.running,
            "jobs_waiting": lambda: scheduler.waiting,
        }
    )
    host_name, _, port = settings.metrics.rpartition(":")
    with contextlib.ExitStack() as stack:
        try:
            shown_on = stack.enter_context(metrics.served(host_name.strip("[]"), int(port)))
        except OSError as error:
            raise AddressError(f"cannot show metrics on {settings.metrics}: {error.strerror or error}") from error
        logger().info("metrics", address=host_name, port=shown_on)
        yield metrics


def slots_for(machine: host.Host, policy: Policy) -> int:
    """Return how many jobs the machine carries at once: slots x CPU quota <= cores, and the memory of a job's boxes.

    Two boxes of a job wait for each other, so that they take a quota together, but each has its memory.
    """
    by_cores = machine.cores * 100 // policy.box.cpu_quota_percent
    boxes = 2 if policy.integrity.default is Integrity.SEPARATE_SANDBOX else 1
    box_memory_bytes = policy.defaults.memory_bytes + policy.box.overhead_memory_bytes
    by_memory = machine.memory_available_bytes // (boxes * box_memory_bytes)
    return max(1, min(by_cores, by_memory))


def _slots_for_all(machine: host.Host, policies: Mapping[str, Policy]) -> int:
    return min(slots_for(machine, policy) for policy in policies.values())


def _warn_if_too_many(slots: int, settings: Settings, machine: host.Host, changed: Mapping[str, Policy]) -> None:
    """Tell the operator when boxes take more by changed policies than the machine was counted to carry."""
    fitting = _slots_for_all(machine, changed)
    if settings.slots is None and fitting < slots:
        text = "boxes take more by these policies: restart the server to have fewer at once"
        logger().warning(text, slots=slots, fitting=fitting)


async def _prove_languages(backend: Backend, policy: Policy, languages: Mapping[str, Language]) -> None:
    """Run each language's smoke program: no service without a box that is gVisor's and a program that passes in it.

    Raises:
        BackendError: A language does not work here.
    """
    runner = Runner(backend, host_kernel=host.kernel_release())
    for language in languages.values():
        job = Job(id=f"smoke-{language.name}", program=language.smoke, language=language.name)
        result = await runner.run(Assignment(job=job, spec=policy.plan(job, language)))
        if not isinstance(result, Verdict):
            raise BackendError(f"the smoke program of {language.name} cannot run: {result.message}")
        if not result.passed:
            raise BackendError(
                f"the smoke program of {language.name} does not pass: {result.cause.value} {result.message}"
            )


async def _prove_limits(
    settings: Settings,
    backend: Backend,
    slots: int,
    policies: Mapping[str, Policy],
    languages: Mapping[str, Language],
) -> tuple[str, ...]:
    """Attack every limit, and return those that do not bind if the operator puts up with it.

    Raises:
        BackendError: A limit does not bind.
    """
    terms = doctor.Terms(
        proofs=settings.proofs,
        slots=slots,
        rely_on_kept=settings.die_with_stdin,
        allow_unenforced=settings.allow_unenforced,
    )
    return await doctor.pass_gate(backend, policies, languages, terms)


def _check_still_unenforced(said: tuple[str, ...], found: tuple[str, ...]) -> None:
    """Let no limit stop binding in silence.

    Raises:
        BackendError: A limit does not bind that verdicts do not name.
    """
    if not set(found) <= set(said):
        raise BackendError(f"{', '.join(found)} would not bind, and no verdict says so yet: restart the server")


async def _meet(backend: LaunchedBackend, policies: Mapping[str, Policy]) -> None:
    """Greet the launcher, and see that both have the same policies.

    Raises:
        SandboxError: It does not answer, or has others.
    """
    await backend.start()
    if differing := _differing(backend.policies, policies):
        raise PolicyError(
            f"the launcher has other policies than this server ({', '.join(differing)}): give both the same "
            "--policies and --policy"
        )


def _differing(there: Mapping[str, str], here: Mapping[str, Policy]) -> list[str]:
    """Return the names of policies that are not the same here and there."""
    digests = {name: policy.digest for name, policy in here.items()}
    return sorted(name for name in there.keys() | digests.keys() if there.get(name) != digests.get(name))


async def _read_again(
    backend: LaunchedBackend, read_policies: Callable[[], Mapping[str, Policy]]
) -> Mapping[str, Policy]:
    """Have the launcher read its policies again, and read them here.

    Raises:
        SandboxError: One is wrong, or they are not the same here and there.
    """
    there = await backend.reload()
    try:
        here = read_policies()
    except PermissionError as error:
        raise PolicyError(f"the server, which is not root, cannot read the policies: {error}") from error
    if _differing(there, here):
        raise PolicyError("the policies changed while they were read, or the launcher has others: ask again")
    return here


class _HangUps:
    """SIGHUP, which must not end the server before there is anybody to reload, nor after that."""

    def __init__(self) -> None:
        self._ask: Callable[[], None] | None = None
        self._is_waiting = False
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._heard)

    def _heard(self) -> None:
        if self._ask is None:
            self._is_waiting = True
        else:
            self._ask()

    def pass_to(self, ask: Callable[[], None]) -> None:
        """Ask from now on, and at once if it was heard before."""
        self._ask = ask
        if self._is_waiting:
            ask()


class _End:
    """Why and when to stop."""

    def __init__(self, *, die_with_stdin: bool) -> None:
        loop = asyncio.get_running_loop()
        self._reason: asyncio.Future[str] = loop.create_future()
        self._failure: Exception | None = None
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop, signal.Signals(number).name)
        if die_with_stdin:
            loop.add_reader(sys.stdin.fileno(), self._stdin_readable)

    def _stdin_readable(self) -> None:
        # Whatever is written there is thrown away; its end is the message.
        if not os.read(sys.stdin.fileno(), 4096):
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            self._stop("end of standard input")

    def _stop(self, why: str) -> None:
        if not self._reason.done():
            self._reason.set_result(why)

    def fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._stop("failure")

    def fail_with(self, task: "asyncio.Task[None]") -> None:
        """Stop when a task that should go on for ever has failed."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fail(BackendError(f"policies cannot be reloaded any more: {error!r}"))

    async def wait(self) -> str:
        return await self._reason

    def raise_if_failed(self) -> None:
        if self._failure is not None:
            raise self._failure


def find_runsc(given: Path | None) -> Path:
    """Return the runsc binary: the one given, else the first on the usual places.

    Raises:
        BackendError: There is none.
    """
    candidates = (
        [given] if given else [Path(folder) / "runsc" for folder in ("/usr/local/bin", "/usr/bin", "/usr/sbin")]
    )
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise BackendError(f"no runsc at {' or '.join(map(str, candidates))}: install gVisor with scripts/install-gvisor")
