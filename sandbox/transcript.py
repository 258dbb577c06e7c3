"""What a box has said so far, as facts. Every byte is taken for hostile: capped, laid out, never parsed as text."""

import struct
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from sandbox import wire
from sandbox.outcome import FailureKind, Outcome, ProgramEnd
from sandbox.verdict import Captured, TestResult, TestStatus

_RESULTS_MAX = 100_000
# Of all results together: a verdict must fit into one message to the client, whatever the program raises how often.
_MESSAGES_BYTES_MAX = 262_144
_TEST_STATUS = {1: TestStatus.PASSED, 2: TestStatus.FAILED, 3: TestStatus.ERRORED, 4: TestStatus.SKIPPED}
_FAILURE_KIND = {1: FailureKind.WRONG_ANSWER, 2: FailureKind.EXCEPTION, 3: FailureKind.UNSUPPORTED_VALUE}
_PROGRAM_END = {1: ProgramEnd.EXITED, 2: ProgramEnd.SIGNALED}
_READY_CHARACTERS_MAX = 200
_INT64_MAX = 2**63 - 1


class Transcript:
    """Collects the frames of one box."""

    def __init__(self, output_bytes: int) -> None:
        """Start with nothing said.

        Args:
            output_bytes: How much of each stream to keep.
        """
        self._reader = wire.FrameReader()
        self._output_bytes = output_bytes
        self._streams = {wire.STDOUT: bytearray(), wire.STDERR: bytearray()}
        self._truncated: set[int] = set()
        self._planned: int | None = None
        self._results: list[TestResult] = []
        self._first_failure: FailureKind | None = None
        self._messages_left = _MESSAGES_BYTES_MAX
        self._load_error: str | None = None
        self._tests_error: str | None = None
        self._violation: str | None = None
        self._program_end = ProgramEnd.ALIVE
        self._program_exit = 0
        self.guest_kernel: str | None = None
        self.guest_protocol = ""
        self.sealed = False
        self.output_total_bytes: int | None = None

    @property
    def violated(self) -> bool:
        """Whether the box broke the protocol, so that nothing more it says counts."""
        return self._violation is not None

    @property
    def progress(self) -> int:
        """A number that grows when a test begins."""
        return (self._planned is not None) + len(self._results)

    def feed(self, data: bytes) -> None:
        """Take in some bytes. Malformed ones become a violation; nothing is raised for them.

        What comes after DONE or a violation does not count, whether it comes in the same bytes or later ones.
        """
        if self._is_over():
            return
        try:
            for frame in self._reader.feed(data):
                self._take(frame)
                if self._is_over():
                    return
        except (wire.MalformedFrameError, struct.error, KeyError) as error:
            self._violation = f"the box broke the protocol: {error!r}"

    def _is_over(self) -> bool:
        return self.sealed or self.violated

    def _take(self, frame: wire.Frame) -> None:
        if self.guest_kernel is None and frame.kind != wire.READY:
            raise wire.MalformedFrameError("a frame before READY")
        self._HANDLERS[frame.kind](self, frame)

    def _ready(self, frame: wire.Frame) -> None:
        if self.guest_kernel is not None:
            raise wire.MalformedFrameError("READY twice")
        kernel, _, self.guest_protocol = frame.message[:_READY_CHARACTERS_MAX].partition("\0")
        self.guest_kernel = kernel

    def _plan(self, frame: wire.Frame) -> None:
        if self._planned is not None:
            raise wire.MalformedFrameError("PLAN twice")
        (self._planned,) = wire.PLAN_BODY.unpack(frame.payload)
        if self._planned > _RESULTS_MAX:
            self._tests_error = f"the tests plan more than {_RESULTS_MAX} checks"

    def _result(self, frame: wire.Frame) -> None:
        index, status, kind = wire.RESULT_BODY.unpack_from(frame.payload)
        if len(self._results) >= min(self._planned or 0, _RESULTS_MAX):
            raise wire.MalformedFrameError("more results than planned")
        text = frame.payload[wire.RESULT_BODY.size :][: self._messages_left]
        self._messages_left -= len(text)
        message = wire.Frame(frame.kind, text).message
        self._results.append(TestResult(index, _TEST_STATUS[status], message))
        if status != 1 and self._first_failure is None:
            self._first_failure = _FAILURE_KIND[kind]

    def _load_failed(self, frame: wire.Frame) -> None:
        self._load_error = frame.message

    def _tests_failed(self, frame: wire.Frame) -> None:
        self._tests_error = frame.message

    def _violated(self, frame: wire.Frame) -> None:
        self._violation = frame.message

    def _program_ended(self, frame: wire.Frame) -> None:
        kind, self._program_exit = wire.PROGRAM_END_BODY.unpack(frame.payload)
        self._program_end = _PROGRAM_END[kind]

    def _output(self, frame: wire.Frame) -> None:
        stream = self._streams[frame.kind]
        if len(frame.payload) > self._output_bytes - len(stream):
            raise wire.MalformedFrameError("more output than the agent may pass on")
        stream += frame.payload

    def _was_truncated(self, frame: wire.Frame) -> None:
        self._truncated.update(frame.payload[:1])

    def _flooded(self, frame: wire.Frame) -> None:
        (output_bytes,) = wire.FLOOD_BODY.unpack(frame.payload)
        if output_bytes > _INT64_MAX:
            # It could not be told to the client.
            raise wire.MalformedFrameError("more output than there can be")
        self.output_total_bytes = output_bytes

    def _done(self, frame: wire.Frame) -> None:
        self.sealed = True

    _HANDLERS: ClassVar[dict[int, Callable[["Transcript", wire.Frame], None]]] = {
        wire.READY: _ready,
        wire.PLAN: _plan,
        wire.RESULT: _result,
        wire.LOAD_ERROR: _load_failed,
        wire.TESTS_ERROR: _tests_failed,
        wire.VIOLATION: _violated,
        wire.PROGRAM_END: _program_ended,
        wire.STDOUT: _output,
        wire.STDERR: _output,
        wire.TRUNCATED: _was_truncated,
        wire.FLOOD: _flooded,
        wire.DONE: _done,
    }

    def outcome(self, counted: Outcome) -> Outcome:
        """Put what was said together with what was counted and done outside, which `counted` has."""
        return replace(
            counted,
            sealed=self.sealed,
            program_end=self._program_end,
            program_exit=self._program_exit,
            load_error=self._load_error,
            tests_error=self._tests_error,
            violation=self._violation,
            tests_planned=self._planned,
            test_results=tuple(self._results),
            first_failure=self._first_failure,
            stdout=self._captured(wire.STDOUT),
            stderr=self._captured(wire.STDERR),
        )

    def _captured(self, stream: int) -> Captured:
        return Captured(bytes(self._streams[stream]), stream in self._truncated)
