"""The two roles in two plain processes, joined as in a box: real pipes, the real agent's code, no walls.

For programs of ours only. What a stranger's program does is tried in boxes.
"""

import contextlib
import fcntl
import os
import random
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.guest import frames, judging, keeper, program
from sandbox.guest.lane import Capture, Lane
from sandbox.guest.proxies import PROGRAM_MODULES

_HIGH = 60
"""Out of the way of the descriptors that the program role uses."""


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
    seed, pytest = random.seed, sys.modules["pytest"]
    with _pipes(7) as ends:
        (calls_r, calls), (answers, answers_w), (out, out_w), (err, err_w), (host, _), (reports, _), (_, orders) = ends
        pid = os.fork()
        if pid == 0:
            _be_the_program(source.encode(), calls_r, answers_w, (out_w, err_w))
        for fd in (calls, answers, out, err):
            os.set_blocking(fd, False)
        lane = Lane(host=host, orders=orders, reports=reports, calls=calls, answers=answers)
        lane.capture(
            [Capture(out, frames.STDOUT, 1 << 20, 2 << 20, told), Capture(err, frames.STDERR, 0, 2 << 20, told)]
        )
        try:
            judging.judge_source(tests.encode(), lane, told)
            lane.drain()
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            random.seed = seed  # type: ignore[assignment]
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


def _be_the_program(source: bytes, calls: int, answers: int, outputs: tuple[int, int]) -> None:
    try:
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, _HIGH) for fd in (*outputs, calls, answers)]
        for number, fd in zip((1, 2, keeper.CALLS, keeper.ANSWERS), high, strict=True):
            os.dup2(fd, number)
        os.closerange(keeper.ANSWERS + 1, 1 << 10)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 (for the rest of this process)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 (for the rest of this process)
        program.program_main(keeper.SERVE, source)
    finally:
        os._exit(keeper.EXIT_BUG)
