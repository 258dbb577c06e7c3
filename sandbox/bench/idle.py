"""What boxes cost that do nothing: memory and CPU, as the kernel counts them of their processes."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psutil

from sandbox.client.sync import Client
from sandbox.errors import SandboxError
from sandbox.job import Job
from sandbox.limits import RequestedLimits

# Until all boxes are there and their programs sleep; the machine is idle, so a second would do.
_SETTLE_S = 3.0
_LOOK_S = 5.0
_SLEEP_S = 2 * _SETTLE_S + _LOOK_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """What one box costs whose program sleeps: all of them together, divided by their number.

    Attributes:
        boxes: How many there were.
        memory_bytes: Proportional set size of a box's processes on the host: what is shared counts in shares.
        cpu_percent: Of one core.
    """

    boxes: int
    memory_bytes: int
    cpu_percent: float


def measure(client: Client, job: Job, boxes: int) -> Idle:
    """Have so many boxes sleep, and look at the processes that the server's launcher has started.

    Args:
        client: Of a server that this process has started.
        job: Names the policy and the language; its program and tests are not run.
        boxes: As many as the server runs at once, at most.

    Raises:
        SandboxError: There is no such server, or boxes came or went meanwhile.
    """
    sleeper = f"import time\ntime.sleep({_SLEEP_S})".encode()
    with ThreadPoolExecutor(boxes) as asleep:
        limits = RequestedLimits(wall_time_ms=round(2_000 * _SLEEP_S))
        jobs = [Job(program=sleeper, policy=job.policy, language=job.language, limits=limits) for _ in range(boxes)]
        running = [asleep.submit(client.run, each) for each in jobs]
        found = _look(boxes, client.targets)
        if not all(each.result().passed for each in running):
            raise SandboxError("a box that was to sleep was stopped")
    return found


def _look(boxes: int, targets: Sequence[str]) -> Idle:
    time.sleep(_SETTLE_S)
    try:
        processes = _box_processes(targets)
        begun, cpu_before_s = time.monotonic(), _cpu_s(processes)
        time.sleep(_LOOK_S)
        used_cpu_s, elapsed_s = _cpu_s(processes) - cpu_before_s, time.monotonic() - begun
        memory_bytes = sum(process.memory_full_info().pss for process in processes)
        came_or_went = set(processes) != set(_box_processes(targets))
    except psutil.Error as error:
        raise SandboxError(
            "a box that was to sleep has ended: is the machine too busy to measure idle boxes?"
        ) from error
    if came_or_went:
        raise SandboxError("boxes came while idle ones were measured: the machine is too busy for it")
    return Idle(boxes=boxes, memory_bytes=memory_bytes // boxes, cpu_percent=100 * used_cpu_s / elapsed_s / boxes)


def _box_processes(targets: Sequence[str]) -> Sequence[psutil.Process]:
    """List what the launcher of the server has started that listens there."""
    servers = [child for child in psutil.Process().children() if {"serve", *targets} <= set(child.cmdline())]
    launchers = [child for server in servers for child in server.children() if child.cmdline() == server.cmdline()]
    if len(launchers) != 1:
        raise SandboxError(f"{len(launchers)} launchers are ours and not one: whose boxes are to be measured?")
    return launchers[0].children(recursive=True)


def _cpu_s(processes: Sequence[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return sum(each.user + each.system for each in times)
