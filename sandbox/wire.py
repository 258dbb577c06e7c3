"""Frames between the host and the guest agent, on the host's side.

The sending side writes a job in one piece. The receiving side treats every byte as hostile: fixed layouts, capped
lengths, no text parsed, no value decoded. The numbers are `sandbox/guest/frames.py`'s; a test holds the two together.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.boxspec import BoxSpec
from sandbox.job import CallTests, CaseTests, Comparator, Job, SourceTests
from sandbox.verdict import Integrity

_HEADER = struct.Struct(">IB")
_LIMITS_BODY = struct.Struct(">IIIQQQQII")
_CASE_BODY = struct.Struct(">I")
_COMPARE_BODY = struct.Struct(">Bd")
_FUNCTION_BODY = struct.Struct(">d")
COMPARATORS = {comparator: number for number, comparator in enumerate(Comparator)}

PROTOCOL = 8
"""Raised with every change of the frames. An image whose agent speaks another one is refused before it gets a job."""

WAKE, LIMITS, ROLES, EACH, PROGRAM, COMPARE, FUNCTION, TESTS, CASE, GO = b"WLREPMFTCG"
NEXT = b"N"[0]
READY, PLAN, RESULT, LOAD_ERROR, TESTS_ERROR, VIOLATION, PROGRAM_END, STDOUT, STDERR, TRUNCATED, FLOOD, DONE = (
    b"rptlevxoihfd"
)

CHANNEL = b"c"[0]
TOGETHER, PROGRAM_SIDE, TESTS_SIDE = 1, 2, 3
ROLES_BODY = struct.Struct(">B")
PLAN_BODY = struct.Struct(">I")
RESULT_BODY = struct.Struct(">IBB")
PROGRAM_END_BODY = struct.Struct(">Bi")
FLOOD_BODY = struct.Struct(">Q")

MESSAGE_BYTES_MAX = 4_085
FRAME_BYTES_MAX = 65_536 + 16
"""No frame of the agent is longer; one that says so is a violation, before anything is buffered for it."""

_KINDS = frozenset(
    {READY, PLAN, RESULT, LOAD_ERROR, TESTS_ERROR, VIOLATION, PROGRAM_END}
    | {STDOUT, STDERR, TRUNCATED, FLOOD, DONE, CHANNEL}
)


class MalformedFrameError(ValueError):
    """The box sent what no agent of ours sends."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame from a box."""

    kind: int
    payload: bytes

    @property
    def message(self) -> str:
        """The payload as a text for people, capped."""
        return self.payload[:MESSAGE_BYTES_MAX].decode("utf-8", "backslashreplace")


def encode_job(job: Job, spec: BoxSpec) -> bytes:
    """Return all frames of a job for the one box that has it, ready to be written when it is ready."""
    roles = [encode_frame(ROLES, ROLES_BODY.pack(TOGETHER))] if spec.integrity is Integrity.IN_PROCESS else []
    return b"".join(
        [
            encode_limits(spec),
            *roles,
            *_each(spec),
            encode_frame(PROGRAM, job.program),
            *_tests(job),
            encode_frame(GO, b""),
        ]
    )


def encode_program_side(job: Job, spec: BoxSpec) -> bytes:
    """Return the frames for the box of two that has the program. No byte of the tests is among them."""
    roles = encode_frame(ROLES, ROLES_BODY.pack(PROGRAM_SIDE))
    return b"".join([encode_limits(spec), roles, encode_frame(PROGRAM, job.program), encode_frame(GO, b"")])


def encode_tests_side(job: Job, spec: BoxSpec) -> bytes:
    """Return the frames for the box of two that has the tests."""
    roles = encode_frame(ROLES, ROLES_BODY.pack(TESTS_SIDE))
    return b"".join([encode_limits(spec), roles, *_each(spec), *_tests(job), encode_frame(GO, b"")])


def encode_limits(spec: BoxSpec) -> bytes:
    """Return the frame that comes first. A box prepares by it for the program; that may be before there is a job."""
    limits = spec.limits
    body = _LIMITS_BODY.pack(
        spec.rules.cores,
        limits.processes_max,
        limits.open_files_max,
        limits.disk_bytes,
        spec.rules.shm_bytes,
        limits.output_bytes,
        spec.rules.output_hard_bytes,
        len(spec.filters.program),
        len(spec.filters.tests),
    )
    return encode_frame(LIMITS, body + spec.filters.program + spec.filters.tests)


def _each(spec: BoxSpec) -> list[bytes]:
    return [encode_frame(EACH, b"")] if spec.limits.of_tests_bind else []


def _tests(job: Job) -> list[bytes]:
    parts: list[bytes] = []
    if isinstance(job.tests, SourceTests):
        parts.append(encode_frame(TESTS, job.tests.source))
    elif isinstance(job.tests, CaseTests):
        if job.tests.checker:
            parts.append(encode_frame(TESTS, job.tests.checker))
        elif job.tests.comparator is not Comparator.LINES:
            number = COMPARATORS[job.tests.comparator]
            parts.append(encode_frame(COMPARE, _COMPARE_BODY.pack(number, job.tests.tolerance)))
        parts.extend(_case(case.input, case.expected_output) for case in job.tests.cases)
    elif isinstance(job.tests, CallTests):
        parts.append(encode_frame(FUNCTION, _FUNCTION_BODY.pack(job.tests.tolerance) + job.tests.function.encode()))
        parts.extend(_case(case.arguments, case.expected) for case in job.tests.cases)
    return parts


def _case(given: bytes, expected: bytes) -> bytes:
    return encode_frame(CASE, _CASE_BODY.pack(len(given)) + given + expected)


def encode_frame(kind: int, payload: bytes) -> bytes:
    """Return one frame."""
    return _HEADER.pack(len(payload), kind) + payload


class FrameReader:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def is_empty(self) -> bool:
        """Whether all that it was given has become frames."""
        return not self._buffer

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take some bytes and yield the frames that they complete.

        Raises:
            MalformedFrameError: An unknown kind or an impossible length.
        """
        self._buffer += data
        while len(self._buffer) >= _HEADER.size:
            size, kind = _HEADER.unpack_from(self._buffer)
            if kind not in _KINDS or size > FRAME_BYTES_MAX:
                raise MalformedFrameError(f"frame of kind {kind} and {size} bytes")
            end = _HEADER.size + size
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[_HEADER.size : end])
            del self._buffer[:end]
            yield Frame(kind, payload)
