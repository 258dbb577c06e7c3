"""The launcher as a process: a child of the server that it serves, or one of its own that listens on a unix socket."""

import asyncio
import contextlib
import ctypes
import errno
import os
import select
import signal
import socket
import stat
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from sandbox import notify
from sandbox.errors import BackendError, SandboxError
from sandbox.launcher import messages
from sandbox.launcher.channel import Channel
from sandbox.launcher.service import Launcher
from sandbox.logs import logger

_PR_SET_NAME = 15
_NAME = b"sandbox-launch"
_CREDENTIALS = struct.Struct("3i")
_SOCKET_MODE = 0o600
_SERVERS_MAX = 16
_PAUSE_S = 1.0
_CONNECT_TIMEOUT_S = 10.0
_END_TIMEOUT_MS = 60_000


def fork(make: Callable[[], Launcher]) -> tuple[socket.socket, int]:
    """Start a launcher as a child of this process. Returns the connection to it, and its pid.

    It ends when the connection or this process does. Called before there is any thread.

    Args:
        make: Makes it, in the child.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server = os.pidfd_open(os.getpid())
    pid = os.fork()
    if pid:
        theirs.close()
        os.close(server)
        return ours, pid
    status = 1
    try:
        ours.close()
        # The end of the server's standard input may be its order to stop: it must not be held open here.
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        ctypes.CDLL(None).prctl(_PR_SET_NAME, _NAME, 0, 0, 0)
        watch_children_without_threads()
        asyncio.run(_serve_one(make, theirs, server))
        status = 0
    finally:
        # Not a step further as a copy of the server.
        os._exit(status)


def watch_children_without_threads() -> None:
    """Have asyncio learn of the end of a child by a descriptor of it, as it does by itself from Python 3.12 on.

    Before, it makes a thread for each.
    """
    if sys.version_info < (3, 12):
        asyncio.set_child_watcher(asyncio.PidfdChildWatcher())


def await_end(pid: int) -> None:
    """Wait until a launcher that was forked here has destroyed its boxes, but not for ever.

    One that hangs sees when this process ends.
    """
    descriptor = os.pidfd_open(pid)
    try:
        ending = select.poll()
        ending.register(descriptor, select.POLLIN)
        has_ended = bool(ending.poll(_END_TIMEOUT_MS))
    finally:
        os.close(descriptor)
    if has_ended:
        os.waitpid(pid, 0)
    else:
        logger().error("the launcher does not end: left behind", pid=pid)


async def _serve_one(make: Callable[[], Launcher], connection: socket.socket, server: int) -> None:
    """Serve the server whose child this is, until it is gone. What keeps us from it, it is told."""
    # A terminal's Ctrl-C, or a signal to the whole group, is the server's to act upon: boxes end in order.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, lambda: None)
    control = Channel(connection)
    try:
        launcher = make()
        try:
            await launcher.start()
            await _attend(launcher, control, server)
        finally:
            await launcher.close()
    except Exception as error:  # noqa: BLE001 (whatever it is, the server must be told)
        if not isinstance(error, SandboxError | OSError):
            logger().exception("the launcher has failed")
        await control.receive()
        with contextlib.suppress(ConnectionError):
            control.send(messages.encode(messages.encode_error(error)))
        control.close()


async def _attend(launcher: Launcher, control: Channel, server: int) -> None:
    """Attend a server until it hangs up or its process is gone.

    Args:
        launcher: Started.
        control: The connection. Its other end may outlive the process, in a message that nobody has read.
        server: A descriptor of the process; closed in the end.
    """
    attending = asyncio.create_task(launcher.attend(control))
    asyncio.get_running_loop().add_reader(server, attending.cancel)
    try:
        await asyncio.wait({attending})
    finally:
        asyncio.get_running_loop().remove_reader(server)
        os.close(server)
        attending.cancel()
        await asyncio.gather(attending, return_exceptions=True)


async def listen(launcher: Launcher, path: Path, *, uid: int) -> None:
    """Serve on a unix socket until SIGTERM or SIGINT.

    Args:
        launcher: Not started.
        path: The socket. Its folder is one that only root may write.
        uid: The only user who may connect, beside root.

    Raises:
        SandboxError: Boxes cannot be made here, or nobody can listen there. The text says what to do.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    hint = "policies are read again when a server asks: send the signal to it"
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, lambda: logger().warning("SIGHUP", hint=hint))
    servers: set[asyncio.Task[None]] = set()
    try:
        await launcher.start()
        with _listening(path, uid) as listener:
            logger().info("launching", socket=str(path), uid=uid)
            notify.ready()
            accepting = asyncio.create_task(_accept(launcher, listener, uid, servers))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({accepting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in (accepting, stopping, *servers):
                task.cancel()
            results = await asyncio.gather(accepting, stopping, *servers, return_exceptions=True)
        if isinstance(results[0], Exception):
            raise BackendError(f"no server can connect to {path} any more: {results[0]!r}")
    finally:
        await launcher.close()


async def _accept(launcher: Launcher, listener: socket.socket, uid: int, servers: "set[asyncio.Task[None]]") -> None:
    while True:
        try:
            connection, _ = await asyncio.get_running_loop().sock_accept(listener)
            server = _whose(connection, uid, full=len(servers) >= _SERVERS_MAX)
        except OSError as error:
            # Out of descriptors, for one. Those who are served go on being served.
            logger().error("no server can connect now", error=str(error))
            await asyncio.sleep(_PAUSE_S)
            continue
        if server is None:
            connection.close()
            continue
        task = asyncio.create_task(_attend(launcher, Channel(connection), server))
        servers.add(task)
        task.add_done_callback(servers.discard)


def _whose(connection: socket.socket, uid: int, *, full: bool) -> int | None:
    """Return a descriptor of the process that has connected; None if it is not to be served.

    Raises:
        OSError: There are no descriptors left.
    """
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, peer, _ = _CREDENTIALS.unpack(credentials)
    if peer not in (0, uid) or full:
        logger().warning("a stranger was turned away" if not full else "too many servers", pid=pid, uid=peer)
        return None
    try:
        server = os.pidfd_open(pid)
    except OSError as error:
        if error.errno not in {errno.ESRCH, errno.EINVAL}:
            raise
        # It is gone already, or in a pid namespace that we do not see.
        hint = "it is gone already" if pid else "let the server share the launcher's pid namespace"
        logger().warning("a process that cannot be watched was turned away", pid=pid, uid=peer, hint=hint)
        return None
    logger().info("a server has connected", pid=pid, uid=peer)
    return server


@contextlib.contextmanager
def _listening(path: Path, uid: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        try:
            _check_folder(path)
            _make_room(path)
            # Root's alone, until it is who shall connect.
            before = os.umask(0o777 & ~_SOCKET_MODE)
            try:
                listener.bind(str(path))
            finally:
                os.umask(before)
            os.chown(path, uid, -1, follow_symlinks=False)
            ours = path.lstat()
            listener.listen()
            listener.setblocking(False)
        except OSError as error:
            raise BackendError(
                f"cannot listen on {path}: {error}: name a socket in a folder that is there, by at most 107 bytes"
            ) from error
        try:
            yield listener
        finally:
            with contextlib.suppress(FileNotFoundError):
                # Not the one of a launcher that has come after this.
                if os.path.samestat(path.lstat(), ours):
                    path.unlink()


def _check_folder(path: Path) -> None:
    """Refuse a folder in which others could put a socket of their own in the place of this one.

    Raises:
        BackendError: It is one.
        OSError: It is not there.
    """
    folder = path.parent.stat()
    others = stat.S_IWOTH if folder.st_gid == 0 else stat.S_IWOTH | stat.S_IWGRP
    if folder.st_uid != 0 or (folder.st_mode & others and not folder.st_mode & stat.S_ISVTX):
        raise BackendError(
            f"cannot listen on {path}: others than root may write to its folder, and put a socket of their own there: "
            "name one in a folder of root's"
        )


def _make_room(path: Path) -> None:
    """Remove the socket of a launcher that died.

    Raises:
        BackendError: It is one that lives, or no socket.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise BackendError(f"cannot listen on {path}: something else is there, which is not removed")
    try:
        _connected(path).close()
    except ConnectionRefusedError:
        # Nobody listens. Whatever else keeps it from answering, it may live.
        path.unlink()
    except OSError as error:
        raise BackendError(f"cannot listen on {path}: who has it does not answer ({error}): end it first") from error
    else:
        raise BackendError(f"cannot listen on {path}: another launcher does")


def connect(path: Path) -> socket.socket:
    """Connect to a launcher that listens.

    Raises:
        OSError: None does, this user may not, or who listens is neither root nor this user.
    """
    connection = _connected(path)
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(credentials)
    if uid not in {0, os.geteuid()}:
        connection.close()
        raise PermissionError(errno.EPERM, f"user {uid} listens there, who is not root")
    return connection


def _connected(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        connection.settimeout(_CONNECT_TIMEOUT_S)
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    return connection
