"""The two roles in two plain processes, joined as in a box: real pipes, the real agent's code, no walls.

For programs of ours only. What a stranger's program does is tried in boxes.
"""

import contextlib
import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.guest import frames, judging
from sandbox.guest.lane import Capture, Lane
from sandbox.guest.proxies import PROGRAM_MODULES

_ROOT = Path(__file__).parents[2]
_LIBRARIES = sysconfig.get_path("platlib")
# An interpreter of its own, as in a box: a process that is forked from one with threads, and gRPC has some, may hang.
# As in a box, `sandbox` is a bare namespace there, and the keeper says how the program ended.
_PROGRAM_SIDE = """
import fcntl, os, sys, types
sys.modules["sandbox"] = types.ModuleType("sandbox")
sys.modules["sandbox"].__path__ = [sys.argv[1] + "/sandbox"]
from sandbox.guest import frames, keeper, program
sys.path.append(sys.argv[2])
calls, answers, out, err, reports = map(int, sys.argv[3:])
with open(0, "rb") as file:
    source = file.read()
pid = os.fork()
if pid == 0:
    try:
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 64) for fd in (calls, answers, out, err)]
        for number, fd in zip((keeper.CALLS, keeper.ANSWERS, 1, 2), high):
            os.dup2(fd, number)
        os.closerange(keeper.ANSWERS + 1, 1 << 10)
        os.open(os.devnull, os.O_RDONLY)
        sys.stdin = open(0, closefd=False)
        sys.stdout = open(1, "w", closefd=False)
        program.program_main(keeper.SERVE, source)
    finally:
        os._exit(keeper.EXIT_BUG)
for fd in (calls, answers, out, err):
    os.close(fd)
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
kind = frames.EXITED if code >= 0 else frames.SIGNALED
frames.write_frame(reports, keeper.ENDED, frames.PROGRAM_END_BODY.pack(kind, abs(code)))
"""


@dataclass
class Told:
    """What the tests role told the host."""

    frames: list[tuple[int, bytes]] = field(default_factory=list)

    def __call__(self, kind: int, payload: bytes = b"") -> None:
        self.frames.append((kind, payload))

    @property
    def results(self) -> list[tuple[int, int, str]]:
        """Status, kind of failure and message of each check."""
        size = frames.RESULT_BODY.size
        bodies = [payload for kind, payload in self.frames if kind == frames.RESULT]
        return [(*frames.RESULT_BODY.unpack(body[:size])[1:], body[size:].decode()) for body in bodies]

    @property
    def passed(self) -> bool:
        """Whether each planned check passed."""
        plans = [payload for kind, payload in self.frames if kind == frames.PLAN]
        return plans == [frames.PLAN_BODY.pack(len(self.results))] and all(
            result == (frames.PASSED, frames.NO_FAILURE, "") for result in self.results
        )

    @property
    def stdout(self) -> bytes:
        """What was written to standard output by either role."""
        return b"".join(payload for kind, payload in self.frames if kind == frames.STDOUT)


def judge(source: str, tests: str) -> Told:
    """Judge a program as in a box.

    Raises:
        BaseException: What ends a job: ProgramGoneError, ViolationError, TestsError.
    """
    told = Told()
    seeds = [(module, module.seed) for name in ("random", "numpy.random") if (module := sys.modules.get(name))]
    pytest = sys.modules["pytest"]
    with _pipes(7) as ends:
        (calls_r, calls), (host, _), (_, orders), *to_us = ends
        (answers, answers_w), (out, out_w), (err, err_w), (reports, reports_w) = to_us
        theirs = (calls_r, answers_w, out_w, err_w, reports_w)
        for fd in (calls, answers, out, err):
            os.set_blocking(fd, False)
        lane = Lane(host=host, orders=orders, reports=reports, calls=calls, answers=answers)
        lane.capture(
            [Capture(out, frames.STDOUT, 1 << 20, 2 << 20, told), Capture(err, frames.STDERR, 0, 2 << 20, told)]
        )
        try:
            with _program(source.encode(), theirs):
                judging.judge_source(tests.encode(), lane, told)
                lane.drain()
        finally:
            for module, seed in seeds:
                module.__dict__["seed"] = seed
            sys.modules["pytest"] = pytest
            for name in PROGRAM_MODULES:
                sys.modules.pop(name, None)
    return told


@contextlib.contextmanager
def _pipes(count: int) -> Iterator[list[tuple[int, int]]]:
    ends = [os.pipe() for _ in range(count)]
    try:
        yield ends
    finally:
        for fd in (fd for pair in ends for fd in pair):
            os.close(fd)


@contextlib.contextmanager
def _program(source: bytes, theirs: tuple[int, ...]) -> Iterator[None]:
    command = [sys.executable, "-I", "-S", "-c", _PROGRAM_SIDE, str(_ROOT), _LIBRARIES, *map(str, theirs)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=theirs, start_new_session=True)
    try:
        assert process.stdin is not None
        with process.stdin:
            process.stdin.write(source)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
