"""The keeper: pid 1 of the program's namespaces. It makes the program role, waits for it, and says how it ended.

The program's process is made before there is an order for it, and has by then all that a program has: a box that waits
for its job, or from which others are restored, has done that part of the work already.

It is forked from the agent before a job arrives, so it holds no byte of the tests; and it is not the program itself,
because programs that are pid 1 are labelled wrongly (docs/decisions/ says how).
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
_ORDER, _READY, _STDIN = 5, 6, 7
"""Where its process hears what to do, says that it can, and finds what to read; closed before there is a program."""

_DESCRIPTORS_MAX = 65_536
_IS_APART = b"apart"
_CAN = b"."

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
    # Asked before: in new namespaces nobody has an id until these are written.
    ids = ids_to_keep()
    kernel = Kernel()
    told, tell = os.pipe()
    # Without SIGCHLD: tests that wait for their children do not wait for this one.
    keeper = kernel.fork_apart(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET)
    if keeper == 0:
        _become_keeper(kernel, ids, ends, tell, program_main)
    os.close(tell)
    answer = os.read(told, 4096)
    os.close(told)
    if answer != _IS_APART:
        raise OSError(f"the program role cannot be set apart: {answer.decode(errors='replace')}")
    return keeper


def ids_to_keep() -> dict[str, str]:
    """Return the files, and what to write into them, by which a process in a new user namespace stays who it is."""
    uid, gid = os.getuid(), os.getgid()
    return {"setgroups": "deny", "uid_map": f"{uid} {uid} 1", "gid_map": f"{gid} {gid} 1"}


def settle_in(kernel: Kernel, ids: dict[str, str]) -> None:
    """Be at home in new namespaces: with ids, with mounts of one's own, and with a view of one's own processes alone.

    Raises:
        OSError: The kernel refused.
    """
    for name, line in ids.items():
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 (pathlib costs 10 ms of every box)
            file.write(line)
    kernel.make_mounts_private()
    kernel.mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)


def mount_scratch(kernel: Kernel, disk_bytes: int, shm_bytes: int) -> None:
    """Mount what can be written to.

    Raises:
        OSError: The kernel refused.
    """
    flags = MS_NOSUID | MS_NODEV
    kernel.mount("tmpfs", "/tmp", "tmpfs", flags, f"size={disk_bytes},mode=1777")  # noqa: S108 (the box's own)
    kernel.mount("tmpfs", "/dev/shm", "tmpfs", flags, f"size={shm_bytes},mode=1777")  # noqa: S108


def _become_keeper(kernel: Kernel, ids: dict[str, str], ends: Ends, tell: int, program_main: ProgramMain) -> NoReturn:
    try:
        settle_in(kernel, ids)
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
    mount_scratch(kernel, disk_bytes, shm_bytes)
    kernel.drop_privileges_for_ever()

    def become() -> None:
        kernel.restore_interrupts()
        _limit(processes_max, open_files_max)
        # Last: it may deny what putting it on takes.
        kernel.filter_system_calls(calls_filter)

    program: _Program | None = _Program(ends, become, program_main)
    frames.write_frame(ends.reports, PREPARED)
    _, source = frames.read_frame(ends.orders)
    while True:
        order, stdin = frames.read_frame(ends.orders)
        # Only input/output cases need another one, and they one for each.
        program = program or _Program(ends, become, program_main)
        program.begin(order, stdin, source)
        kind, code = _wait_for(program.pid)
        program = None
        frames.write_frame(ends.reports, ENDED, frames.PROGRAM_END_BODY.pack(kind, code))


class _Program:
    """A process that waits to be told which program it is. It is told once."""

    def __init__(self, ends: Ends, become: Callable[[], None], program_main: ProgramMain) -> None:
        """Make it, and wait until it is all that it can be without its program.

        Raises:
            OSError: It could not become that.
        """
        self._stdin, nothing = os.memfd_create("stdin"), os.open("/dev/null", os.O_RDONLY)
        hears, self._order = os.pipe()
        ready, says = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                own = (nothing, ends.stdout, ends.stderr, ends.calls, ends.answers)
                _arrange((*own, hears, says, self._stdin))
                become()
                os.write(_READY, _CAN)
                os.close(_READY)
                order, source = frames.read_frame(_ORDER)
                os.close(_ORDER)
                if os.fstat(_STDIN).st_size:
                    os.dup2(_STDIN, 0)
                os.close(_STDIN)
                program_main(order, source)
            finally:
                # Whatever the program broke in its own interpreter, it must not walk on as a keeper.
                os._exit(EXIT_BUG)
        for fd in (nothing, hears, says):
            os.close(fd)
        can = os.read(ready, 1)
        os.close(ready)
        if can != _CAN:
            raise OSError("its process ended before it had its program")

    def begin(self, order: int, stdin: bytes, source: bytes) -> None:
        """Tell it what to do."""
        # The two have one place in the file, so what is written is read only once it is wound back.
        frames.write_all(self._stdin, stdin)
        os.lseek(self._stdin, 0, os.SEEK_SET)
        os.close(self._stdin)
        frames.write_frame(self._order, order, source)
        os.close(self._order)


def _show_cores(cores: int) -> None:
    """Let programs count the cores that their quota pays for: who asks for more threads than that is only slower."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def _arrange(descriptors: tuple[int, ...]) -> None:
    """Put them at 0, 1, 2 and so on, where the program finds those that are its own, and close all others."""
    os.setsid()
    # First out of the way, so that no dup2 lands on a descriptor that is still needed.
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 16) for fd in descriptors]
    for number, fd in enumerate(high):
        os.dup2(fd, number, inheritable=number <= STDERR)
    _close_all_but(range(len(descriptors)))


def _limit(processes_max: int, open_files_max: int) -> None:
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
