"""Jobs of one client in one box, one after the other. Each has an agent of its own, in namespaces that end with it.

What is between them is this process, pid 1 of the box: it makes an agent, waits until it is gone and everything of its
job with it, and makes the next one. It reads nothing of any job.
"""

from __future__ import annotations

import os
import sys
import time

from sandbox.guest import keeper
from sandbox.guest.kernel import (
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    SIGCHLD,
    SIGKILL,
    Kernel,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

_READ_BYTES = 65_536
_SERVED = 77
"""An agent's exit code when it has served its job to the end. Not 0, which tests that call `exit` end with."""

_LEFT_S, _LOOK_S = 2.0, 0.001
"""How long what is left of a job may take to end, and how often to look. The host waits a little longer."""

_CORES, _PROCESSES, _FILES, _DISK, _SHM = range(keeper.PREPARE_COUNT)


class Turn:
    """What an agent knows that serves one of several jobs."""

    def __init__(self, kernel: Kernel, limits: bytes, tell: int) -> None:
        self.limits = limits
        """The frame of them, from the second turn on: the same for all."""
        self._kernel = kernel
        self._tell = tell

    def is_limited(self, limits: bytes) -> None:
        """Say what the limits of all turns are."""
        os.write(self._tell, limits)
        os.close(self._tell)

    def make_room(self, limits: tuple[int, ...]) -> tuple[int, ...]:
        """Mount what tests can write to, and give up the right to. Returns the limits with room for one process more.

        Raises:
            OSError: The kernel refused.
        """
        keeper.mount_scratch(self._kernel, limits[_DISK], limits[_SHM])
        self._kernel.drop_privileges_for_ever()
        # Who makes the agents has the program's uid too.
        return (*limits[:_PROCESSES], limits[_PROCESSES] + 1, *limits[_PROCESSES + 1 :])


def serve(take_a_turn: Callable[[Turn], int]) -> int:
    """Have agents serve jobs until one fails. Returns the exit code.

    Args:
        take_a_turn: Serves one job; returns 0 when it was served to its end.
    """
    kernel, limits = Kernel(), b""
    while True:
        told, tell = os.pipe()
        ids = keeper.ids_to_keep()
        agent = kernel.fork_apart(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET | SIGCHLD)
        if agent == 0:
            os.close(told)
            _be_agent(kernel, ids, Turn(kernel, limits, tell), take_a_turn)
        os.close(tell)
        if not limits:
            # The first agent tells it before it has a byte of a job. Not a later one: it has had one by now.
            while data := os.read(told, _READ_BYTES):
                limits += data
        os.close(told)
        _, status = os.waitpid(agent, 0)
        if os.waitstatus_to_exitcode(status) != _SERVED or not _is_alone():
            return 1


def _is_alone() -> bool:
    """End what is left of the job, and wait until it has ended; tell whether it has.

    The end of an agent's namespace kills all that is in it, but waits for nobody, and in gVisor a process ends no
    sooner than the system call that it is in: a long one would use the next job's CPU time, memory and processes.
    """
    give_up_at = time.monotonic() + _LEFT_S
    while time.monotonic() < give_up_at:
        try:
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        except ChildProcessError:
            pass
        try:
            # From pid 1 it reaches all processes of the box but this one.
            os.kill(-1, SIGKILL)
        except ProcessLookupError:
            return True
        time.sleep(_LOOK_S)
    return False


def _be_agent(kernel: Kernel, ids: dict[str, str], turn: Turn, take_a_turn: Callable[[Turn], int]) -> NoReturn:
    code = 1
    try:
        keeper.settle_in(kernel, ids)
        if turn.limits and (warm := sys.modules.get("sandbox.guest.warm")) is not None:
            warm.reseed()
        code = _SERVED if take_a_turn(turn) == 0 else 1
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        os._exit(code)
