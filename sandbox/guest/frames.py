"""Length-prefixed frames on a pipe, and their kinds. `sandbox.wire` is the host's copy; a test holds both together."""

import os
import struct

HEADER = struct.Struct(">IB")
"""Length of the payload, kind."""

PROTOCOL = 8
"""Raised with every change of the frames. An image whose agent speaks another one is refused before it gets a job."""

# From the host, in this order; GO is the last.
WAKE, LIMITS, ROLES, EACH, PROGRAM, COMPARE, FUNCTION, TESTS, CASE, GO = b"WLREPMFTCG"
# WAKE: to a box that was restored from a checkpoint of one that was READY. It says so again.
LIMITS_BODY = struct.Struct(">IIIQQQQII")
"""cores, processes_max, open_files_max, disk_bytes, shm_bytes, output_bytes, output_hard_bytes; lengths of the filters
of system calls of program and tests, which follow"""
# EACH: tests have limits of their own. After PLAN, and after each RESULT, the agent waits for NEXT, so that the host
# can look at its counters between two tests.
NEXT = b"N"[0]
ROLES_BODY = struct.Struct(">B")
"""Which roles this box has. Without this frame: both, in two processes."""
TOGETHER, PROGRAM_SIDE, TESTS_SIDE = 1, 2, 3
CASE_BODY = struct.Struct(">I")
"""Length of the input; the input and the expected output follow."""
COMPARE_BODY = struct.Struct(">Bd")
"""Comparator and tolerance. Without this frame: LINES."""
FUNCTION_BODY = struct.Struct(">d")
"""Tolerance; the name of the function follows. Then the cases are its arguments and results."""
LINES, EXACT, TOKENS, NUMBERS, UNORDERED_LINES = range(5)

# To the host.
READY, PLAN, RESULT, LOAD_ERROR, TESTS_ERROR, VIOLATION, PROGRAM_END, STDOUT, STDERR, TRUNCATED, FLOOD, DONE = (
    b"rptlevxoihfd"
)
# Both ways, between two boxes: what goes through one of the pipes between the roles. A channel, then bytes; none of
# these: that end was closed.
CHANNEL = b"c"[0]
CHANNEL_BODY = struct.Struct(">B")
PLAN_BODY = struct.Struct(">I")
RESULT_BODY = struct.Struct(">IBB")
"""Index, status, failure kind; a message follows."""
PROGRAM_END_BODY = struct.Struct(">Bi")
"""EXITED or SIGNALED, exit code or signal number."""

FLOOD_BODY = struct.Struct(">Q")
"""Bytes of one stream so far."""

EXITED, SIGNALED = 1, 2
PASSED, FAILED, ERRORED, SKIPPED = 1, 2, 3, 4
NO_FAILURE, WRONG_ANSWER, EXCEPTION, UNSUPPORTED_VALUE = 0, 1, 2, 3

WHOLE_BYTES_MAX = 4096
"""Of a frame to the host: a pipe takes so much whole or not at all (PIPE_BUF), whoever else writes, and whatever
interrupts it. Half a frame would have the host take what follows, which may be the program's output, for frames."""
CHUNK_BYTES_MAX = WHOLE_BYTES_MAX - HEADER.size
MESSAGE_BYTES_MAX = CHUNK_BYTES_MAX - RESULT_BODY.size


class EndOfStreamError(Exception):
    """The other side closed its end."""


def read_exactly(fd: int, size: int) -> bytes:
    """Read `size` bytes, waiting for them.

    Raises:
        EndOfStreamError: The stream ended before.
    """
    parts = bytearray()
    while len(parts) < size:
        part = os.read(fd, min(size - len(parts), 1 << 20))
        if not part:
            raise EndOfStreamError
        parts += part
    return bytes(parts)


def read_frame(fd: int) -> tuple[int, bytes]:
    """Read one frame: its kind and its payload. Only for a peer that is trusted with the length it states."""
    size, kind = HEADER.unpack(read_exactly(fd, HEADER.size))
    return kind, read_exactly(fd, size)


def write_all(fd: int, data: bytes) -> None:
    """Write all of `data`, waiting as long as it takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def write_frame(fd: int, kind: int, payload: bytes = b"") -> None:
    """Write one frame of any length."""
    write_all(fd, HEADER.pack(len(payload), kind) + payload)


def tell_host(fd: int, kind: int, payload: bytes = b"") -> None:
    """Write one frame to the host, whole or not at all.

    Raises:
        ValueError: It is longer than `WHOLE_BYTES_MAX`.
    """
    frame = HEADER.pack(len(payload), kind) + payload
    if len(frame) > WHOLE_BYTES_MAX:
        raise ValueError(f"a frame of {len(frame)} bytes")
    if os.write(fd, frame) != len(frame):
        # Not a pipe, then. Nothing may follow.
        os._exit(1)


def read_limits(body: bytes) -> tuple[tuple[int, ...], bytes, bytes]:
    """Return the limits, and the filters of system calls of the program role and of the tests role."""
    *limits, program, tests = LIMITS_BODY.unpack_from(body)
    start = LIMITS_BODY.size
    return tuple(limits), body[start : start + program], body[start + program : start + program + tests]


def text(message: str) -> bytes:
    """Encode a message for people, capped. It may quote the program, so anything may be in it."""
    return message.encode("utf-8", "backslashreplace")[:MESSAGE_BYTES_MAX]
