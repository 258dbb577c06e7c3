"""A private server on this machine, for as long as a `with` block lasts."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sandbox.client.sync import Client
from sandbox.errors import BackendError, UnreachableError

# A unix socket's path has to fit into 107 bytes.
_SOCKET_PATH_MAX = 100
# How much of the server's log is quoted when it does not start.
_LOG_LINES = 15
_LOG_TAIL_BYTES = 16 * 1024
_POLL_S = 0.05
# The server removes its boxes first, which takes a Docker Engine under load its time; killing it would leave them.
_STOP_TIMEOUT_S = 40


@contextmanager
def local(
    *,
    backend: str = "runsc",
    slots: int | None = None,
    languages: Sequence[str] = (),
    policies: Sequence[str] = ("default",),
    policies_dir: Path | None = None,
    in_flight_max: int = 64,
    start_timeout_ms: int = 120_000,
    extra_args: Sequence[str] = (),
) -> Iterator[Client]:
    """Start a server of one's own and give its client; leaving the block stops the server and its boxes.

    The server listens on a unix socket in a new folder that only this user may enter. It ends when its standard input
    does, so it also ends if this process is killed. A terminal's Ctrl-C does not reach it; leaving the block does.

    Args:
        backend: What makes the boxes: `runsc` or `docker`.
        slots: Boxes that run at the same time; the server decides if None.
        languages: Languages to offer beside Python; their images must have been built.
        policies: Policies to serve. Each is examined before the server answers, once for each boot of the machine.
        policies_dir: Where they are; the package's own if None.
        in_flight_max: Unanswered jobs, at most.
        start_timeout_ms: How long the server may take until it answers.
        extra_args: More arguments for `sandbox serve`.

    Raises:
        BackendError: The server did not start. The text has the last lines of its log.
    """
    folder = _new_folder()
    try:
        endpoint = f"unix:{folder / 'sandbox.sock'}"
        log = folder / "server.log"
        arguments = ["--listen", endpoint, "--backend", backend, "--die-with-stdin", "--last-removed", str(folder)]
        if slots is not None:
            arguments += ["--slots", str(slots)]
        if policies_dir is not None:
            arguments += ["--policies", str(policies_dir)]
        for policy in policies:
            arguments += ["--policy", policy]
        for language in languages:
            arguments += ["--language", language]
        process = _spawn([*arguments, *extra_args], log)
        try:
            with Client(endpoint, in_flight_max=in_flight_max) as client:
                _await_answer(process, client, log, start_timeout_ms)
                yield client
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _new_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="sandbox-"))
    if len(os.fsencode(folder / "sandbox.sock")) <= _SOCKET_PATH_MAX and _everybody_may_enter(folder.parents):
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="sandbox-", dir="/tmp"))


def _everybody_may_enter(folders: Iterable[Path]) -> bool:
    """Tell whether the server, which is not who we are, gets there."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def _spawn(arguments: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    # Wherever this process found the package, the server finds the same one; but after everything else.
    package = str(Path(__file__).resolve().parents[2])
    search = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), package]))
    with log.open("wb") as stderr:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and our own module, no shell
            # -P: a random.py in the caller's working directory is not the server's random.
            [sys.executable, "-P", "-m", "sandbox", "serve", *arguments],
            stdin=subprocess.PIPE,
            stdout=stderr,
            stderr=stderr,
            env=os.environ | {"PYTHONPATH": search},
            # A session of its own: the terminal's Ctrl-C is ours alone, and we stop the server in order.
            start_new_session=True,
        )


def _await_answer(process: subprocess.Popen[bytes], client: Client, log: Path, timeout_ms: int) -> None:
    deadline = time.monotonic() + timeout_ms / 1000
    while True:
        if process.poll() is not None:
            raise BackendError(f"the server did not start (exit code {process.returncode}):\n{_tail(log)}")
        try:
            client.server_info(timeout_ms=5_000)
        except UnreachableError:
            if time.monotonic() > deadline:
                raise BackendError(f"the server did not answer within {timeout_ms} ms:\n{_tail(log)}") from None
        else:
            return
        time.sleep(_POLL_S)


def _tail(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _LOG_TAIL_BYTES))
        lines = file.read().decode("utf-8", "backslashreplace").splitlines()
    return "\n".join(lines[-_LOG_LINES:]) or "(its log is empty)"


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server: politely, then less so. Its boxes are its own to remove; the next server reaps leftovers."""
    if process.stdin is not None:
        with suppress(BrokenPipeError):
            process.stdin.close()
    try:
        process.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    except BaseException:
        # A second Ctrl-C: no more waiting. The closed standard input ends the server all the same.
        process.terminate()
        raise
