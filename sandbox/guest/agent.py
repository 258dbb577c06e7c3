"""The agent: sets the program role apart, takes one job from the host, and becomes its tests role."""

import os
import platform
import signal
from dataclasses import dataclass, field

from sandbox.guest import frames, judging, keeper
from sandbox.guest.lane import Capture, HostGoneError, Lane, ProgramGoneError, ViolationError
from sandbox.guest.program import program_main

_STDIN, _STDOUT = 0, 1


@dataclass
class _JobInBox:
    """What the host sent."""

    limits: tuple[int, ...] = ()
    program: bytes = b""
    tests: bytes | None = None
    cases: list[tuple[bytes, bytes]] = field(default_factory=list)


def main() -> int:
    """Serve one job over standard input and output, then wait to be destroyed."""
    # A broken pipe must be an error to handle, and the host's going away is seen by end of file.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    lane, outputs, keeper_pid = _make_program_role()
    _tell(frames.READY, f"{os.uname().release}\0{platform.python_version()}".encode())
    try:
        job = _receive()
        _run(job, lane, outputs)
        # Nothing the program left running may add to what has been said.
        os.kill(keeper_pid, signal.SIGKILL)
        _tell(frames.DONE)
        os.read(_STDIN, 1)
    except (frames.EndOfStreamError, HostGoneError, BrokenPipeError):
        return 1
    return 0


def _make_program_role() -> tuple[Lane, tuple[int, int], int]:
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
    lane = Lane(orders=orders_write, reports=reports_read, calls=calls_write, answers=answers_read)
    return lane, (stdout_read, stderr_read), pid


def _receive() -> _JobInBox:
    """Read the host's frames up to GO."""
    job = _JobInBox()
    while True:
        kind, body = frames.read_frame(_STDIN)
        if kind == frames.LIMITS:
            job.limits = frames.LIMITS_BODY.unpack(body)
        elif kind == frames.PROGRAM:
            job.program = body
        elif kind == frames.TESTS:
            job.tests = body
        elif kind == frames.CASE:
            (size,) = frames.CASE_BODY.unpack_from(body)
            start = frames.CASE_BODY.size
            job.cases.append((body[start : start + size], body[start + size :]))
        elif kind == frames.GO:
            return job


def _run(job: _JobInBox, lane: Lane, outputs: tuple[int, int]) -> None:
    processes_max, open_files_max, disk_bytes, shm_bytes, output_bytes, output_hard_bytes = job.limits
    lane.capture(
        [
            Capture(fd, kind, output_bytes, output_hard_bytes, _tell)
            for fd, kind in zip(outputs, (frames.STDOUT, frames.STDERR), strict=True)
        ]
    )
    lane.order(keeper.PREPARE, keeper.PREPARE_BODY.pack(processes_max, open_files_max, disk_bytes, shm_bytes))
    lane.order(frames.PROGRAM, job.program)
    try:
        if job.tests is not None:
            judging.judge_source(job.tests, lane, _tell)
        elif job.cases:
            judging.judge_cases(job.cases, lane, _tell)
        else:
            judging.judge_exit(lane, _tell)
        lane.drain()
    except judging.TestsError as error:
        _tell(frames.TESTS_ERROR, frames.text(str(error)))
    except ViolationError as error:
        _tell(frames.VIOLATION, frames.text(str(error)))
    except ProgramGoneError as gone:
        lane.drain()
        _tell(frames.PROGRAM_END, frames.PROGRAM_END_BODY.pack(gone.kind, gone.code))


def _tell(kind: int, payload: bytes = b"") -> None:
    frames.write_frame(_STDOUT, kind, payload)
