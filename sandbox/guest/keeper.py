"""The keeper: pid 1 of the program's namespaces. It makes the program role, waits for it, and says how it ended.

It is forked from the agent before a job arrives, so it holds no byte of the tests; and it is not the program itself,
because a signal that pid 1 sends to itself is lost, and a program that kills itself must be seen to die by it.
"""

from __future__ import annotations

import fcntl
import os
import resource
import struct

from sandbox.guest import frames
from sandbox.guest.filter import program_filter
from sandbox.guest.kernel import (
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    SIGKILL,
    Kernel,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import NoReturn

    ProgramMain = Callable[[int, bytes], NoReturn]
    """What the program role does in its new process, given the order and the source."""

# Orders from the agent.
PREPARE, SERVE, RUN, TOGETHER = b"psrt"
PREPARE_BODY = struct.Struct(">IIIQQ")
"""The first of the host's limits: cores, processes_max, open_files_max, disk_bytes, shm_bytes. The policy's filter of
system calls for the program follows."""
PREPARE_COUNT = 5

# Reports to the agent.
PREPARED = b"p"[0]
ENDED = b"x"[0]
BROKEN = b"!"[0]

STDERR = 2
CALLS, ANSWERS = 3, 4
"""Where a program finds the pipes of the tests. Documented: it may speak on them; it gains nothing by it."""

_DESCRIPTORS_MAX = 65_536
_IS_APART = b"apart"

EXIT_BUG = 70
"""The program role came back from where it must not come back."""

OWN_PROCESSES = 2
"""The agent and the keeper have the program's uid; its limit does not pay for them."""


class Ends:
    """The program's ends of the pipes to the agent, as descriptors of the keeper."""

    def __init__(self, *, orders: int, reports: int, calls: int, answers: int, stdout: int, stderr: int) -> None:
        self.orders = orders
        self.reports = reports
        self.calls = calls
        self.answers = answers
        self.stdout = stdout
        self.stderr = stderr


def set_apart(ends: Ends, program_main: ProgramMain) -> int:
    """Make the keeper, in user, pid, mount, ipc and network namespaces of its own. Returns its pid.

    It is born there: a process that enters the namespaces and forks it would take megabytes with it when it ends, some
    time later, and what a job may have is counted from what the box holds by then.

    Raises:
        OSError: The kernel refused; the box must not be used.
    """
    uid, gid = os.getuid(), os.getgid()
    # Asked before: in new namespaces nobody has an id until these are written.
    ids = {"setgroups": "deny", "uid_map": f"{uid} {uid} 1", "gid_map": f"{gid} {gid} 1"}
    kernel = Kernel()
    told, tell = os.pipe()
    keeper = kernel.fork_apart(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET)
    if keeper == 0:
        _become_keeper(kernel, ids, ends, tell, program_main)
    os.close(tell)
    answer = os.read(told, 4096)
    os.close(told)
    if answer != _IS_APART:
        raise OSError(f"the program role cannot be set apart: {answer.decode(errors='replace')}")
    return keeper


def _become_keeper(kernel: Kernel, ids: dict[str, str], ends: Ends, tell: int, program_main: ProgramMain) -> NoReturn:
    try:
        for name, line in ids.items():
            with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 (pathlib costs 10 ms of every box)
                file.write(line)
        kernel.make_mounts_private()
        # Its own view of processes: the tests role is not in it.
        kernel.mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
        kernel.hide_from_peers()
        # Pid 1 gets from its own namespace only what it handles; Python handles this one.
        kernel.ignore_interrupts()
        _close_all_but([0, 1, 2, tell, *vars(ends).values()])
    except BaseException as error:
        os.write(tell, repr(error).encode() or b"?")
        os._exit(1)
    os.write(tell, _IS_APART)
    os.close(tell)
    try:
        _keep(kernel, ends, program_main)
    except frames.EndOfStreamError:
        pass
    except OSError as error:
        frames.write_frame(ends.reports, BROKEN, frames.text(f"the program role could not be made: {error}"))
    os._exit(0)


def _keep(kernel: Kernel, ends: Ends, program_main: ProgramMain) -> None:
    """Obey orders until the agent is gone. PREPARE comes once, before any byte of the program."""
    order, body = frames.read_frame(ends.orders)
    if order != PREPARE:
        raise OSError("the first order must be PREPARE")
    cores, processes_max, open_files_max, disk_bytes, shm_bytes = PREPARE_BODY.unpack_from(body)
    calls_filter = program_filter(body[PREPARE_BODY.size :])
    _show_cores(cores)
    flags = MS_NOSUID | MS_NODEV
    kernel.mount("tmpfs", "/tmp", "tmpfs", flags, f"size={disk_bytes},mode=1777")  # noqa: S108 (the box's own)
    kernel.mount("tmpfs", "/dev/shm", "tmpfs", flags, f"size={shm_bytes},mode=1777")  # noqa: S108
    kernel.drop_privileges_for_ever()
    frames.write_frame(ends.reports, PREPARED)
    _, source = frames.read_frame(ends.orders)
    while True:
        order, stdin = frames.read_frame(ends.orders)
        program = os.fork()
        if program == 0:
            try:
                kernel.restore_interrupts()
                _become_program(ends, stdin, processes_max, open_files_max)
                # Last: it may deny what putting it on takes.
                kernel.filter_system_calls(calls_filter)
                program_main(order, source)
            finally:
                # Whatever the program broke in its own interpreter, it must not walk on as a keeper.
                os._exit(EXIT_BUG)
        kind, code = _wait_for(program)
        frames.write_frame(ends.reports, ENDED, frames.PROGRAM_END_BODY.pack(kind, code))


def _show_cores(cores: int) -> None:
    """Let programs count the cores that their quota pays for: who asks for more threads than that is only slower."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def _become_program(ends: Ends, stdin: bytes, processes_max: int, open_files_max: int) -> None:
    """Arrange the descriptors that a program sees: 0, 1, 2, and 3 and 4 for the calls of the tests."""
    os.setsid()
    if stdin:
        source = os.memfd_create("stdin")
        frames.write_all(source, stdin)
        os.lseek(source, 0, os.SEEK_SET)
    else:
        source = os.open("/dev/null", os.O_RDONLY)
    # First out of the way of 0..4, so that no dup2 lands on a descriptor that is still needed.
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 16) for fd in (source, ends.stdout, ends.stderr, ends.calls, ends.answers)]
    for number, fd in enumerate(high):
        os.dup2(fd, number, inheritable=number <= STDERR)
    _close_all_but(range(5))
    os.chdir("/tmp")  # noqa: S108
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files_max, open_files_max))
    limit = processes_max + OWN_PROCESSES
    resource.setrlimit(resource.RLIMIT_NPROC, (limit, limit))


def _close_all_but(keep: Iterable[int]) -> None:
    first = 0
    for fd in [*sorted(set(keep)), _DESCRIPTORS_MAX]:
        # Never an empty range: os.closerange(3, 0) closes everything from 3 on where close_range(2) exists.
        if fd > first:
            os.closerange(first, fd)
        first = fd + 1


def _wait_for(program: int) -> tuple[int, int]:
    """Wait for the program's main process; then end whatever it left running. Returns how it ended."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == program:
            break
    # The keeper is pid 1 here: this reaches every process of the namespace but itself.
    try:
        os.kill(-1, SIGKILL)
        while True:
            os.waitpid(-1, 0)
    except (ChildProcessError, ProcessLookupError):
        pass
    if os.WIFSIGNALED(status):
        return frames.SIGNALED, os.WTERMSIG(status)
    return frames.EXITED, os.WEXITSTATUS(status)
