"""The agent: sets the program role apart, takes one job from the host, and becomes its tests role."""

import fcntl
import os

from sandbox.guest import calling, frames, judging, keeper
from sandbox.guest.kernel import SIGKILL
from sandbox.guest.lane import Capture, HostGoneError, Lane, ProgramGoneError, ViolationError
from sandbox.guest.program import program_main

_LOWEST = 16
"""Where the pipes to the host are put: out of the way of 0, 1 and 2, which tests may write to without knowing it."""


class _Host:
    """The pipes to the host."""

    def __init__(self, source: int, sink: int) -> None:
        self.source = source
        self.sink = sink

    def tell(self, kind: int, payload: bytes = b"") -> None:
        frames.write_frame(self.sink, kind, payload)


class _JobInBox:
    """What the host sent."""

    def __init__(self) -> None:
        self.limits: tuple[int, ...] = ()
        self.program = b""
        self.tests: bytes | None = None
        self.function: tuple[str, float] | None = None
        self.compare: tuple[int, float] = (frames.LINES, 0.0)
        self.cases: list[tuple[bytes, bytes]] = []


def main() -> int:
    """Serve one job over standard input and output, then wait to be destroyed."""
    host = _take_over_the_streams()
    lane, outputs, keeper_pid = _make_program_role(host)
    host.tell(frames.READY, f"{os.uname().release}\0{frames.PROTOCOL}".encode())
    try:
        job = _receive(host)
        _run(job, lane, outputs, host)
        # Nothing the program left running may add to what has been said.
        os.kill(keeper_pid, SIGKILL)
        host.tell(frames.DONE)
        os.read(host.source, 1)
    except (frames.EndOfStreamError, HostGoneError, BrokenPipeError):
        return 1
    return 0


def _take_over_the_streams() -> _Host:
    """Keep standard input and output for the host alone: what a test's subprocess prints must not become a frame."""
    host = _Host(fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, _LOWEST), fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, _LOWEST))
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    return host


def _make_program_role(host: _Host) -> tuple[Lane, tuple[int, int], int]:
    orders_read, orders_write = os.pipe()
    reports_read, reports_write = os.pipe()
    calls_read, calls_write = os.pipe()
    answers_read, answers_write = os.pipe()
    stdout_read, stdout_write = os.pipe()
    stderr_read, stderr_write = os.pipe()
    ends = keeper.Ends(
        orders=orders_read,
        reports=reports_write,
        calls=calls_read,
        answers=answers_write,
        stdout=stdout_write,
        stderr=stderr_write,
    )
    pid = keeper.set_apart(ends, program_main)
    for fd in vars(ends).values():
        os.close(fd)
    for fd in (calls_write, answers_read, stdout_read, stderr_read):
        os.set_blocking(fd, False)
    lane = Lane(host=host.source, orders=orders_write, reports=reports_read, calls=calls_write, answers=answers_read)
    return lane, (stdout_read, stderr_read), pid


def _receive(host: _Host) -> _JobInBox:
    """Read the host's frames up to GO."""
    job = _JobInBox()
    while True:
        kind, body = frames.read_frame(host.source)
        if kind == frames.LIMITS:
            job.limits = frames.LIMITS_BODY.unpack(body)
        elif kind == frames.PROGRAM:
            job.program = body
        elif kind == frames.TESTS:
            job.tests = body
        elif kind == frames.COMPARE:
            how, tolerance = frames.COMPARE_BODY.unpack(body)
            job.compare = how, tolerance
        elif kind == frames.FUNCTION:
            (tolerance,) = frames.FUNCTION_BODY.unpack_from(body)
            job.function = body[frames.FUNCTION_BODY.size :].decode("utf-8", "replace"), tolerance
        elif kind == frames.CASE:
            (size,) = frames.CASE_BODY.unpack_from(body)
            start = frames.CASE_BODY.size
            job.cases.append((body[start : start + size], body[start + size :]))
        elif kind == frames.GO:
            return job


def _run(job: _JobInBox, lane: Lane, outputs: tuple[int, int], host: _Host) -> None:
    cores, processes_max, open_files_max, disk_bytes, shm_bytes, output_bytes, output_hard_bytes = job.limits
    lane.capture(
        [
            Capture(fd, kind, output_bytes, output_hard_bytes, host.tell)
            for fd, kind in zip(outputs, (frames.STDOUT, frames.STDERR), strict=True)
        ]
    )
    lane.order(keeper.PREPARE, keeper.PREPARE_BODY.pack(cores, processes_max, open_files_max, disk_bytes, shm_bytes))
    lane.order(frames.PROGRAM, job.program)
    try:
        if job.function is not None:
            calling.judge_calls(job.cases, *job.function, lane, host.tell)
        elif job.cases:
            judging.judge_cases(job.cases, lane, host.tell, compare=job.compare, checker=job.tests)
        elif job.tests is not None:
            judging.judge_source(job.tests, lane, host.tell)
        else:
            judging.judge_exit(lane, host.tell)
        lane.drain()
    except judging.TestsError as error:
        host.tell(frames.TESTS_ERROR, frames.text(str(error)))
    except ViolationError as error:
        host.tell(frames.VIOLATION, frames.text(str(error)))
    except ProgramGoneError as gone:
        lane.drain()
        host.tell(frames.PROGRAM_END, frames.PROGRAM_END_BODY.pack(gone.kind, gone.code))
