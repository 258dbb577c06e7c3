"""What boxes cost that are ready and wait for a job: memory and CPU, as the kernel counts them of their processes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from sandbox.client.sync import Client
from sandbox.errors import SandboxError
from sandbox.job import Job

BOXES = 8
"""So many, because what one of them adds is asked: the more there are, the less of gVisor's own code is in it."""

# So often, one after the other, is a job asked for until boxes of its kind are made before anybody asks.
_ASKED = 4
_FILL_S = 60.0
_POLL_S = 0.2
# Until they have given back what their start took.
_SETTLE_S = 3.0
_LOOK_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """What one box costs that is ready and has no job: all of them together, divided by their number.

    Attributes:
        boxes: How many there were.
        memory_bytes: Proportional set size of a box's processes on the host: what is shared counts in shares.
        cpu_percent: Of one core.
    """

    boxes: int
    memory_bytes: int
    cpu_percent: float


def measure(client: Client, job: Job) -> Idle:
    """Wait until `BOXES` of them wait, and look at the processes that the server's launcher has started.

    Args:
        client: Of a server that this process has started, which keeps `BOXES` ready.
        job: Which is asked for, so that boxes of its kind are made.

    Raises:
        SandboxError: There is no such server, or boxes came or went meanwhile.
    """
    for _ in range(_ASKED):
        client.run(job)
    try:
        _wait_for(BOXES, client.targets)
        time.sleep(_SETTLE_S)
        return _look(BOXES, client.targets)
    except psutil.Error as error:
        raise SandboxError("a box that waited has ended: is the machine too busy to measure idle boxes?") from error


def _wait_for(boxes: int, targets: Sequence[str]) -> None:
    until = time.monotonic() + _FILL_S
    while (found := len(_launcher(targets).children())) < boxes:
        if time.monotonic() > until:
            raise SandboxError(
                f"{found} boxes wait and not {boxes}: the machine is too busy for them, or has no memory to spare"
            )
        time.sleep(_POLL_S)


def _look(boxes: int, targets: Sequence[str]) -> Idle:
    processes = _launcher(targets).children(recursive=True)
    begun, cpu_before_s = time.monotonic(), _cpu_s(processes)
    time.sleep(_LOOK_S)
    used_cpu_s, elapsed_s = _cpu_s(processes) - cpu_before_s, time.monotonic() - begun
    memory_bytes = sum(process.memory_full_info().pss for process in processes)
    if set(processes) != set(_launcher(targets).children(recursive=True)):
        raise SandboxError("boxes came while idle ones were measured: the machine is too busy for it")
    return Idle(boxes=boxes, memory_bytes=memory_bytes // boxes, cpu_percent=100 * used_cpu_s / elapsed_s / boxes)


def _launcher(targets: Sequence[str]) -> psutil.Process:
    """Find the launcher of the server that listens there: what it has started are boxes."""
    servers = [child for child in psutil.Process().children() if {"serve", *targets} <= set(child.cmdline())]
    launchers = [child for server in servers for child in server.children() if child.cmdline() == server.cmdline()]
    if len(launchers) != 1:
        raise SandboxError(f"{len(launchers)} launchers are ours and not one: whose boxes are to be measured?")
    return launchers[0]


def _cpu_s(processes: Sequence[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return sum(each.user + each.system for each in times)
