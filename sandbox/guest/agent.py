"""The agent: sets the program role apart, takes one job from the host, and becomes its tests role.

Where the roles are in two boxes, each box has an agent: one keeps the program and carries for it, the other one judges.
"""

from __future__ import annotations

import fcntl
import os
import sys

from sandbox.guest import calling, frames, judging, keeper, porter
from sandbox.guest.kernel import SIGKILL, Kernel
from sandbox.guest.lane import Capture, HostGoneError, Lane, ProgramGoneError, ViolationError
from sandbox.guest.program import program_main

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.guest.batch import Turn

_BATCH, _TEMPLATE = "batch", "template"
_LOWEST = 16
"""Where the pipes to the host are put: out of the way of 0, 1 and 2, which tests may write to without knowing it."""


class _Host:
    """The pipes to the host."""

    def __init__(self, source: int, sink: int) -> None:
        self.source = source
        self.sink = sink
        self.tellers_pid: int | None = None
        # Where the host looks at its counters after each check: has it heard before the next one.
        self.after_each: Callable[[Callable[[], None]], None] | None = None

    def tell(self, kind: int, payload: bytes = b"") -> None:
        if self.tellers_pid not in (None, os.getpid()) and kind not in (frames.STDOUT, frames.STDERR):
            # A child that a test has made, and that went on after its test.
            os._exit(1)
        frames.tell_host(self.sink, kind, payload)
        if self.after_each is not None and kind in (frames.PLAN, frames.RESULT):
            self.after_each(self.wait_for_next)

    def wait_for_next(self) -> None:
        """Wait until the host says that it goes on.

        Raises:
            HostGoneError: It does not.
        """
        try:
            kind, _ = frames.read_frame(self.source)
        except frames.EndOfStreamError:
            raise HostGoneError from None
        if kind != frames.NEXT:
            raise HostGoneError

    def say_ready(self) -> None:
        self.tell(frames.READY, f"{os.uname().release}\0{frames.PROTOCOL}".encode())


class _JobInBox:
    """What the host sent."""

    def __init__(self, prepare: Callable[[tuple[int, ...], bytes, bytes], None], turn: Turn | None) -> None:
        self._prepare = prepare
        self._turn = turn
        self._limits = b""
        self.limits: tuple[int, ...] = ()
        self.roles = 0
        self.each = False
        self.program = b""
        self.tests: bytes | None = None
        self.function: tuple[str, float] | None = None
        self.compare: tuple[int, float] = (frames.LINES, 0.0)
        self.cases: list[tuple[bytes, bytes]] = []
        if turn is not None and turn.limits:
            self.be_limited(turn.limits)

    def be_limited(self, body: bytes) -> None:
        """Prepare by the limits, once. They come again where the box had them before it had this job.

        Raises:
            OSError: It cannot, or they are others than before. The box must not be used.
        """
        if self._limits:
            if body != self._limits:
                raise OSError("this box has other limits")
            return
        self._limits = body
        limits, program_filter, tests_filter = frames.read_limits(body)
        if self._turn is not None:
            if not self._turn.limits:
                self._turn.is_limited(body)
            limits = self._turn.make_room(limits)
        self._prepare(limits, program_filter, tests_filter)
        self.limits = limits

    def take(self, kind: int, body: bytes) -> None:
        """Take one frame of it."""
        if kind == frames.LIMITS:
            self.be_limited(body)
        elif kind == frames.ROLES:
            (self.roles,) = frames.ROLES_BODY.unpack(body)
        elif kind == frames.EACH:
            self.each = True
        elif kind == frames.PROGRAM:
            self.program = body
        elif kind == frames.TESTS:
            self.tests = body
        elif kind == frames.COMPARE:
            how, tolerance = frames.COMPARE_BODY.unpack(body)
            self.compare = how, tolerance
        elif kind == frames.FUNCTION:
            (tolerance,) = frames.FUNCTION_BODY.unpack_from(body)
            self.function = body[frames.FUNCTION_BODY.size :].decode("utf-8", "replace"), tolerance
        elif kind == frames.CASE:
            (size,) = frames.CASE_BODY.unpack_from(body)
            start = frames.CASE_BODY.size
            self.cases.append((body[start : start + size], body[start + size :]))


def main(words: list[str]) -> int:
    """Serve one job over standard input and output, then wait to be destroyed; or one after the other.

    Args:
        words: `batch`, for one after the other. Then `template` and the modules to load, where other boxes will be
            restored from a checkpoint of this one.
    """
    if is_batch := words[:1] == [_BATCH]:
        words = words[1:]
    if words[:1] == [_TEMPLATE]:
        from sandbox.guest import warm  # noqa: PLC0415 (who starts for one job alone does not pay for it)

        warm.load(words[1:])
    host = _take_over_the_streams()
    if not is_batch:
        return _serve(host)
    from sandbox.guest import batch  # noqa: PLC0415 (who starts for one job alone does not pay for it)

    return batch.serve(lambda turn: _serve(host, turn))


def _serve(host: _Host, turn: Turn | None = None) -> int:
    """Serve one job.

    Args:
        host: Who sends it.
        turn: Which of several it is, where they are several.
    """
    pipes, keeper_pid = _make_program_role()
    job = _JobInBox(pipes.prepare, turn)
    host.say_ready()
    try:
        _receive(host, job)
        if job.roles == frames.PROGRAM_SIDE:
            frames.write_frame(pipes.orders, frames.PROGRAM, job.program)
            pipes.carry(host)
            return 0
        if job.roles == frames.TESTS_SIDE:
            os.kill(keeper_pid, SIGKILL)
            pipes, host = _go_by_way_of(host)
        else:
            frames.write_frame(pipes.orders, frames.PROGRAM, job.program)
        _run(job, pipes, host)
        if job.roles != frames.TESTS_SIDE:
            # Nothing the program left running may add to what has been said.
            os.kill(keeper_pid, SIGKILL)
        host.tell(frames.DONE)
        if turn is None:
            os.read(host.source, 1)
        else:
            # The host looks at its counters first.
            host.wait_for_next()
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


class _Pipes:
    """The tests' ends of the pipes to the program and its keeper."""

    def __init__(self, *, orders: int, reports: int, calls: int, answers: int, stdout: int, stderr: int) -> None:
        self.orders = orders
        self.reports = reports
        self.calls = calls
        self.answers = answers
        self.stdout = stdout
        self.stderr = stderr

    def prepare(self, limits: tuple[int, ...], program_filter: bytes, tests_filter: bytes) -> None:
        """Have the keeper make what the program may have, wait for it, and put the tests' own filter on.

        Args:
            limits: The host's.
            program_filter: The system calls of the program role.
            tests_filter: The system calls of this one, from here on.

        Raises:
            OSError: It cannot. The box must not be used.
        """
        body = keeper.PREPARE_BODY.pack(*limits[: keeper.PREPARE_COUNT])
        frames.write_frame(self.orders, keeper.PREPARE, body + program_filter)
        report, body = frames.read_frame(self.reports)
        if report != keeper.PREPARED:
            raise OSError(body.decode(errors="replace"))
        Kernel().filter_system_calls(tests_filter)

    def lane(self, host: _Host) -> Lane:
        for fd in (self.calls, self.answers, self.stdout, self.stderr, self.reports):
            os.set_blocking(fd, False)
        return Lane(host=host.source, orders=self.orders, reports=self.reports, calls=self.calls, answers=self.answers)

    def carry(self, host: _Host) -> None:
        """Join them to the tests in another box, until the host closes its end."""
        readers = {
            porter.REPORTS: self.reports,
            porter.ANSWERS: self.answers,
            porter.STDOUT: self.stdout,
            porter.STDERR: self.stderr,
        }
        writers = {porter.ORDERS: self.orders, porter.CALLS: self.calls}
        porter.Porter(host.source, host.sink, readers=readers, writers=writers).run()


def _pipes() -> tuple[_Pipes, keeper.Ends]:
    """Make the pipes between the roles: the tests' ends and the program's."""
    orders_read, orders_write = os.pipe()
    reports_read, reports_write = os.pipe()
    calls_read, calls_write = os.pipe()
    answers_read, answers_write = os.pipe()
    stdout_read, stdout_write = os.pipe()
    stderr_read, stderr_write = os.pipe()
    ours = _Pipes(
        orders=orders_write,
        reports=reports_read,
        calls=calls_write,
        answers=answers_read,
        stdout=stdout_read,
        stderr=stderr_read,
    )
    theirs = keeper.Ends(
        orders=orders_read,
        reports=reports_write,
        calls=calls_read,
        answers=answers_write,
        stdout=stdout_write,
        stderr=stderr_write,
    )
    return ours, theirs


def _make_program_role() -> tuple[_Pipes, int]:
    ours, theirs = _pipes()
    pid = keeper.set_apart(theirs, program_main)
    for fd in vars(theirs).values():
        os.close(fd)
    return ours, pid


def _go_by_way_of(host: _Host) -> tuple[_Pipes, _Host]:
    """Put a porter between this process and the host. Returns the way to the program in another box, and to the host.

    A process of its own: it has to carry while tests do anything but listen.
    """
    ours, theirs = _pipes()
    gone, alive = os.pipe()
    own, sink = os.pipe()
    # As the keeper is, without SIGCHLD.
    if Kernel().fork_apart(0) == 0:
        try:
            for fd in (*vars(ours).values(), gone, sink):
                os.close(fd)
            readers = {porter.ORDERS: theirs.orders, porter.CALLS: theirs.calls}
            writers = {
                porter.ANSWERS: theirs.answers,
                porter.STDOUT: theirs.stdout,
                porter.STDERR: theirs.stderr,
                porter.REPORTS: theirs.reports,
            }
            porter.Porter(host.source, host.sink, readers=readers, writers=writers, own=own, onward=alive).run()
        finally:
            os._exit(0)
    for fd in (*vars(theirs).values(), alive, own, host.source, host.sink):
        os.close(fd)
    return ours, _Host(gone, sink)


def _receive(host: _Host, job: _JobInBox) -> None:
    """Read the host's frames up to GO. The limits come first, so that the keeper prepares before there is a job."""
    while True:
        kind, body = frames.read_frame(host.source)
        if kind == frames.GO:
            return
        if kind == frames.WAKE:
            _wake(host)
        else:
            job.take(kind, body)


def _wake(host: _Host) -> None:
    """Become another box than the one that was checkpointed."""
    if (warm := sys.modules.get("sandbox.guest.warm")) is not None:
        warm.reseed()
    host.say_ready()


def _run(job: _JobInBox, pipes: _Pipes, host: _Host) -> None:
    *_, output_bytes, output_hard_bytes = job.limits
    lane = pipes.lane(host)
    lane.interrupts.install()
    lane.standing.hear_children()
    host.tellers_pid = os.getpid()
    host.after_each = lane.hear_host if job.each else None
    lane.capture(
        [
            Capture(fd, kind, output_bytes, output_hard_bytes, host.tell)
            for fd, kind in ((pipes.stdout, frames.STDOUT), (pipes.stderr, frames.STDERR))
        ]
    )
    try:
        if job.function is not None:
            calling.judge_calls(job.cases, *job.function, lane, host.tell)
        elif job.cases:
            judging.judge_cases(job.cases, lane, host.tell, compare=job.compare, checker=job.tests)
        elif job.roles == frames.TOGETHER:
            judging.judge_together(job.tests or b"", lane, host.tell)
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
