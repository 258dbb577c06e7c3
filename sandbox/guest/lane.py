"""The tests' way to the program: one outstanding request at a time, and an ear for everything the box says meanwhile.

The program's answers are bytes that it chose. Anything out of order, malformed or unasked is a violation, which ends
the job; an answer counts only if it carries the random id of the one request that is outstanding.
"""

from __future__ import annotations

import _thread
import os
import select

from sandbox.guest import frames, keeper, serving, values
from sandbox.guest.interrupts import HandlerRanError, Interrupts
from sandbox.guest.kernel import SIGKILL
from sandbox.guest.standing import Standing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    Answer = TypeVar("Answer")

LOADED, RAISED = b"KX"
"""From the program, once: its names, or what it raised at its top level. Then `serving` answers."""

_READ_BYTES = 65536
_REPORT_BYTES_MAX = 65_536
_LEFT_WITHIN_A_CALL_MS = 20
_ANSWER_BYTES_MAX = values.BYTES_MAX + 64


class ViolationError(BaseException):
    """The program said something that no honest program says. Ends the job; no test can catch it by accident."""


class ProgramGoneError(BaseException):
    """The program's main process has ended. Carries how."""

    def __init__(self, kind: int, code: int) -> None:
        super().__init__(kind, code)
        self.kind = kind
        self.code = code


class HostGoneError(BaseException):
    """The host closed its end: nobody is waiting for a verdict any more."""


class ProgramRaisedError(Exception):
    """What the program raised where no builtin exception says it, such as SystemExit."""


class Capture:
    """One output stream of the program: passed on up to a limit, counted up to a hard limit, then too much."""

    def __init__(self, fd: int, kind: int, keep_bytes: int, hard_bytes: int, tell: Callable[..., None]) -> None:
        self.fd = fd
        self._kind = kind
        self._left = keep_bytes
        self._hard = self._hard_bytes = hard_bytes
        self._tell = tell
        self._truncated = False
        # Tests may print in one thread while another one listens.
        self._one_at_a_time = _thread.RLock()
        self.case: bytearray | None = None
        self._case_max = keep_bytes
        self.case_overflow = False
        self.copy_to: bytearray | None = None

    def start_case(self) -> None:
        """Collect from here on what belongs to one input/output case."""
        self.case = bytearray()
        self.case_overflow = False

    def read(self) -> bool:
        """Take what is there. Returns whether there was anything.

        Raises:
            FloodError: More than the hard limit.
        """
        with self._one_at_a_time:
            try:
                data = os.read(self.fd, _READ_BYTES)
            except BlockingIOError:
                return False
            if data:
                self._take(data)
            return bool(data)

    def take(self, data: bytes) -> None:
        """Account for some output and pass on what may be passed on."""
        with self._one_at_a_time:
            self._take(data)

    def _take(self, data: bytes) -> None:
        self._hard -= len(data)
        if self.copy_to is not None:
            self.copy_to += data
        if self.case is not None:
            room = self._case_max - len(self.case)
            self.case += data[:room]
            self.case_overflow = self.case_overflow or len(data) > room
        kept = data[: self._left]
        self._left -= len(kept)
        for start in range(0, len(kept), frames.CHUNK_BYTES_MAX):
            self._tell(self._kind, kept[start : start + frames.CHUNK_BYTES_MAX])
        if len(kept) < len(data) and not self._truncated:
            self._truncated = True
            self._tell(frames.TRUNCATED, bytes([self._kind]))
        if self._hard < 0:
            # The host kills the box on this; what follows does not matter.
            self._tell(frames.FLOOD, frames.FLOOD_BODY.pack(self._hard_bytes - self._hard))
            raise ViolationError("output beyond the hard limit")


class Lane:
    """The tests' side of the pipes to the program role and its keeper."""

    def __init__(self, *, host: int, orders: int, reports: int, calls: int, answers: int) -> None:
        self._host = host
        self._orders = orders
        self._reports = reports
        self._questions = calls
        self._answers = answers
        self._buffer = bytearray()
        self._reported = bytearray()
        self.ended: tuple[int, int] | None = None
        self.standing = Standing()
        # What ended the job. Kept: tests that catch everything must not go on as if nothing had been.
        self.over: BaseException | None = None
        self.captures: list[Capture] = []
        self._ran = False
        # Tests may call from several threads; the lane carries one call at a time, and what is asked back within it.
        self.one_at_a_time = _thread.RLock()
        self.interrupts = Interrupts()
        # The open calls: who answers what is asked back within one, and who takes its answer in.
        self._calls: dict[bytes, tuple[Callable[[bytes, bool], bytes], Callable[[int, bytes], Any]]] = {}
        self._answered: dict[bytes, Any] = {}
        # Tests may interrupt a call: what was not written yet of its question, the calls whose answers nobody waits
        # for, and the answers that were not taken in to the end.
        self._unsent = bytearray()
        self._given_up: set[bytes] = set()
        # The calls within which something is being answered that was asked back.
        self._within: frozenset[bytes] = frozenset()
        self._untaken: list[tuple[bytes, Callable[[int, bytes], Any], int, bytes]] = []
        self._wanted = {reports: select.POLLIN, answers: select.POLLIN}

    def capture(self, captures: list[Capture]) -> None:
        """Listen to the program's output from here on."""
        self.captures = captures
        self._wanted.update({capture.fd: select.POLLIN for capture in captures})

    def hear_host(self, hear: Callable[[], None]) -> None:
        """Wait until the host has something to say, and hear it. What comes from the program is taken meanwhile.

        From another box it comes on the host's own way: nothing else comes through while much of it waits.

        Raises:
            ViolationError: The program said what no honest program says.
        """
        alone = select.poll()
        alone.register(self._host, select.POLLIN)
        is_heard = False
        while not is_heard:
            if not self.one_at_a_time.acquire(blocking=False):
                # A thread that the tests left within a call listens to the program, for as long as the call takes.
                is_heard = bool(alone.poll(_LEFT_WITHIN_A_CALL_MS))
                continue
            try:
                is_heard = self._hear(select.POLLIN)
            finally:
                self.one_at_a_time.release()
        hear()

    def turn(self) -> _Turn:
        """Return a context in which no other thread uses the program, and in which handlers of signals wait."""
        return _Turn(self)

    def order(self, kind: int, body: bytes = b"") -> None:
        """Tell the keeper to do something.

        Raises:
            ProgramGoneError: The keeper is gone; the program of an earlier case has killed it.
        """
        try:
            frames.write_frame(self._orders, kind, body)
        except BrokenPipeError:
            raise ProgramGoneError(frames.SIGNALED, SIGKILL) from None

    def start(self, kind: int, stdin: bytes = b"") -> None:
        """Have the keeper make a program process."""
        self.ended = None
        self._buffer.clear()
        self.order(kind, stdin)

    def wait_for_answer(self) -> tuple[int, bytes]:
        """Wait for one frame of the program.

        Raises:
            ProgramGoneError: It ended instead.
            ViolationError: It is malformed.
            HostGoneError: The host has left.
        """
        while True:
            frame = self._take_frame()
            if frame is not None:
                return frame
            if self.ended is not None:
                raise ProgramGoneError(*self.ended)
            self._listen()

    def wait_for_end(self) -> tuple[tuple[int, int], bytes | None]:
        """Wait until the program has ended; returns how, and what it said of an exception at its top level."""
        raised = None
        while True:
            frame = self._take_frame()
            if frame is not None:
                if frame[0] != RAISED or raised is not None:
                    raise ViolationError("a script spoke to the tests")
                raised = frame[1]
            elif self.ended is not None:
                self.drain()
                return self.ended, raised
            else:
                self._listen()

    def check(self) -> None:
        """Raise what ended the job, if anything has.

        Raises:
            ProgramGoneError: The program ended while it was asked for something.
            ViolationError: It said something that no honest program says.
        """
        if self.over is not None:
            raise self.over

    def drain(self) -> None:
        """Take the output that is already there."""
        for capture in self.captures:
            while capture.read():
                pass

    def ask(
        self, question: bytes, answer_back: Callable[[bytes, bool], bytes], take: Callable[[int, bytes], Answer]
    ) -> Answer:
        """Ask the program one thing and return what is made of its answer. Within a turn.

        Args:
            question: What it is asked.
            answer_back: Answers what the program asks back before it answers; may itself ask. It is told whether the
                call has been given up meanwhile.
            take: Takes an answer in: kind and payload. Called for each answer in their order, also for that of a call
                which the tests have interrupted, and again where it was interrupted itself.

        Raises:
            ProgramGoneError: The program ended.
            ViolationError: The answer is malformed or not to this question.
        """
        self._take_the_rest()
        # The program is busy with it, or waits for the tests within it: there it would take this one in.
        while self._given_up - self._within:
            self._send()
            self._go_on()
        call_id = os.urandom(serving.ID_BYTES)
        frame = _frame(serving.ASK, call_id + question)
        self._calls[call_id] = answer_back, take
        try:
            self._tell(frame)
            while call_id not in self._answered:
                self._go_on()
            return self._answered.pop(call_id)  # type: ignore[no-any-return]
        except BaseException:
            # Such as what a signal's handler raises: a time limit of the tests' own.
            if self._unsent.endswith(frame):
                # Nothing of it was sent.
                del self._unsent[-len(frame) :], self._calls[call_id]
            elif call_id in self._answered:
                del self._answered[call_id]
            else:
                self._given_up.add(call_id)
            raise

    def _go_on(self) -> None:
        if (said := self._take_frame()) is not None:
            self._take_in(*said)
        elif self.ended is not None:
            raise ProgramGoneError(*self.ended)
        else:
            self._listen()

    def _take_in(self, kind: int, body: bytes) -> None:
        """Take in what the program says of any open call: of a handler's, or of that which the handler interrupted."""
        call_id, body = body[: serving.ID_BYTES], body[serving.ID_BYTES :]
        is_unknown = call_id not in self._calls
        if is_unknown and not self.standing.has_forked:
            raise ViolationError("an answer to no question")
        if is_unknown:
            # A child of the tests has asked, and did not live to hear it.
            if kind == serving.BACK:
                self._tell(_frame(serving.REPLY, call_id + serving.GIVEN_UP))
            return
        answer_back, take = self._calls[call_id]
        if kind == serving.BACK:
            outer = self._within
            self._within = outer | {call_id}
            try:
                reply = answer_back(body, call_id in self._given_up)
            except (ViolationError, ProgramGoneError, HostGoneError):
                raise
            except BaseException:
                self._tell(_frame(serving.REPLY, call_id + serving.GIVEN_UP))
                raise
            finally:
                self._within = outer
            self._tell(_frame(serving.REPLY, call_id + reply))
        else:
            del self._calls[call_id]
            self._untaken.append((call_id, take, kind, body))
            self._take_the_rest()

    def _take_the_rest(self) -> None:
        while self._untaken:
            entry = call_id, take, kind, body = self._untaken[0]
            answer = take(kind, body)
            if entry in self._untaken:
                self._untaken.remove(entry)
            if call_id in self._given_up:
                self._given_up.discard(call_id)
            else:
                self._answered[call_id] = answer

    def let_go_on(self) -> None:
        """Tell a program that runs the tests itself that what it told has been passed on. It may not listen."""
        try:
            os.write(self._questions, b".")
        except (BlockingIOError, BrokenPipeError):
            return

    def _tell(self, frame: bytes) -> None:
        if self._buffer and len(self._calls) <= 1 and not self.standing.has_forked:
            raise ViolationError("an answer before its question")
        self._unsent += frame
        self._send()

    def _send(self) -> None:
        """Write a request while listening: a program that does not read must not silence the box."""
        while self._unsent:
            if self.ended is not None:
                raise ProgramGoneError(*self.ended)
            try:
                del self._unsent[: os.write(self._questions, self._unsent)]
            except BlockingIOError:
                self._listen({self._questions: select.POLLOUT})
            except BrokenPipeError:
                # The program closed its end; how it ended will be reported, if it ends at all.
                self._listen()

    def _take_frame(self) -> tuple[int, bytes] | None:
        if len(self._buffer) < frames.HEADER.size:
            return None
        size, kind = frames.HEADER.unpack_from(self._buffer)
        if size > _ANSWER_BYTES_MAX:
            raise ViolationError("an answer larger than any value may be")
        end = frames.HEADER.size + size
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[frames.HEADER.size : end])
        del self._buffer[:end]
        return kind, body

    def _listen(self, also: dict[int, int] | None = None) -> None:
        """Wait until something happens, and take it in."""
        if self._hear(0, also):
            raise HostGoneError

    def _hear(self, of_the_host: int, also: dict[int, int] | None = None) -> bool:
        """Wait for anything, and take it in. Returns whether the host has left, or said what is waited for.

        Args:
            of_the_host: What to wait for from the host; that it leaves is always told.
            also: What else to wait for.
        """
        # A new one: a handler of the tests' own may run within, and listen, too.
        poll = select.poll()
        for fd, events in ({self._host: of_the_host} | self._wanted | (also or {})).items():
            poll.register(fd, events)
        try:
            with self.interrupts.wait():
                ready = dict(poll.poll())
        except HandlerRanError:
            return False
        for capture in self.captures:
            if capture.fd in ready:
                capture.read()
        if self._answers in ready:
            self._read_answers()
        if self._reports in ready:
            self._take_reports()
        return self._host in ready

    def _read_answers(self) -> bool:
        try:
            data = os.read(self._answers, _READ_BYTES)
        except BlockingIOError:
            return False
        self._buffer += data
        if len(self._buffer) > (1 + len(self._given_up)) * (_ANSWER_BYTES_MAX + frames.HEADER.size) + _READ_BYTES:
            raise ViolationError("more answers than questions")
        return bool(data)

    def _take_reports(self) -> None:
        try:
            data = os.read(self._reports, _READ_BYTES)
        except BlockingIOError:
            return
        if not data:
            # The keeper died: somebody inside killed pid 1 of the namespace, which ends the program too.
            self.ended = self.ended or (frames.SIGNALED, SIGKILL)
            self._wanted.pop(self._reports, None)
            return
        self._reported += data
        if len(self._reported) < frames.HEADER.size:
            return
        size, kind = frames.HEADER.unpack_from(self._reported)
        if size > _REPORT_BYTES_MAX:
            raise ViolationError("a report larger than any is")
        body = bytes(self._reported[frames.HEADER.size : frames.HEADER.size + size])
        if len(body) < size:
            return
        self._reported.clear()
        if kind != keeper.ENDED:
            # The keeper could not make a process. Before the program ran, that is ours, and this box is lost.
            if not self._ran:
                raise RuntimeError(body.decode(errors="replace"))
            body = frames.PROGRAM_END_BODY.pack(frames.EXITED, keeper.EXIT_BUG)
        if len(body) != frames.PROGRAM_END_BODY.size:
            raise ViolationError("a report of another size than it has")
        self._ran = True
        # What the program wrote before it ended is in the pipe by now.
        while self._read_answers():
            pass
        self.ended = frames.PROGRAM_END_BODY.unpack(body)


class _Turn:
    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._hold = lane.interrupts.hold()

    def __enter__(self) -> None:
        self._hold.__enter__()
        while not self._lane.one_at_a_time.acquire(timeout=_LEFT_WITHIN_A_CALL_MS / 1_000):
            try:
                with self._lane.interrupts.let_in():
                    pass
            except BaseException:
                self._hold.__exit__()
                raise

    def __exit__(self, *_: object) -> None:
        self._lane.one_at_a_time.release()
        self._hold.__exit__()


def _frame(kind: int, body: bytes) -> bytes:
    return frames.HEADER.pack(len(body), kind) + body
