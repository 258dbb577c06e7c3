"""Which system calls are made in boxes: gVisor's own trace points, read from a socket.

For tuning policies, on programs of one's own choice. A box that is traced is slower, and its verdict the same.
"""

import asyncio
import json
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

from sandbox.errors import BackendError

# gVisor's pkg/sentry/seccheck/sinks/remote/wire: size of the header, kind of message, how many were lost so far.
_HEADER = struct.Struct("<HHI")
_RAW_SYSCALL = 6
_MESSAGE_BYTES_MAX = 65_536
_MESSAGES_AT_A_TIME = 512
_NUMBERS = 512
"""gVisor has a point for each number below it."""

# The protocol's only version, as a message of one field.
_HANDSHAKE = b"\x08\x01"
# How often a message is tried again before it is lost, and how long to wait, which doubles: rather a slow box.
_RETRIES, _BACKOFF, _BACKOFF_MAX = 10_000, "25us", "10ms"

# Fields of pkg/sentry/seccheck/points: Syscall and its ContextData.
_CONTEXT, _NUMBER, _FIRST_ARGUMENT, _PROCESS = 1, 4, 5, 4
_PR_SET_SECCOMP = 22


class CallTrace:
    """Gathers the calls of the roles of all boxes, from the moment on at which they have their filter."""

    def __init__(self, folder: Path, *, filter_call: int) -> None:
        """Prepare.

        Args:
            folder: Where the socket and the description for the runtime are put.
            filter_call: The number of prctl(2), by which a role puts its filter on.
        """
        self.config_path = folder / "trace.json"
        self._socket_path = folder / "trace.sock"
        self._filter_call = filter_call
        self._listener: socket.socket | None = None
        self._boxes: dict[socket.socket, _Box] = {}
        self._calls: set[int] = set()
        self.lost = 0

    @property
    def calls(self) -> frozenset[int]:
        """The numbers of all calls so far."""
        return frozenset(self._calls.union(*(box.calls() for box in self._boxes.values())))

    def start(self) -> None:
        """Listen, and write down for the runtime what to report."""
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.setblocking(False)
        self._listener.bind(str(self._socket_path))
        self._listener.listen(socket.SOMAXCONN)
        asyncio.get_running_loop().add_reader(self._listener, self._welcome)
        # The context costs most, so the process is all that is asked for.
        points = [{"name": f"syscall/sysno/{n}/enter", "context_fields": ["group_id"]} for n in range(_NUMBERS)]
        sink = {
            "endpoint": str(self._socket_path),
            "retries": _RETRIES,
            "backoff": _BACKOFF,
            "backoff_max": _BACKOFF_MAX,
        }
        session = {
            "name": "Default",
            "points": points,
            "ignore_missing": True,
            "sinks": [{"name": "remote", "config": sink, "ignore_setup_error": False}],
        }
        self.config_path.write_text(json.dumps({"trace_session": session}), encoding="utf-8")

    def close(self) -> None:
        """Stop listening."""
        loop = asyncio.get_running_loop()
        for box in list(self._boxes):
            self._end(box)
        if self._listener is not None:
            loop.remove_reader(self._listener)
            self._listener.close()
            self._listener = None

    def _welcome(self) -> None:
        if self._listener is None:
            return
        connection, _ = self._listener.accept()
        connection.setblocking(False)
        self._boxes[connection] = _Box(self._filter_call)
        asyncio.get_running_loop().add_reader(connection, self._read, connection)

    def _read(self, connection: socket.socket) -> None:
        box = self._boxes[connection]
        for _ in range(_MESSAGES_AT_A_TIME):
            try:
                message = connection.recv(_MESSAGE_BYTES_MAX)
            except BlockingIOError:
                return
            except OSError:
                message = b""
            if not message:
                self._end(connection)
                return
            if not box.greeted:
                box.greeted = True
                connection.send(_HANDSHAKE)
                continue
            try:
                size, kind, lost = _HEADER.unpack_from(message)
                if kind == _RAW_SYSCALL:
                    box.take(message[size:])
            except (struct.error, IndexError, BackendError):
                lost = box.lost + 1
            self.lost += max(0, lost - box.lost)
            box.lost = max(lost, box.lost)

    def _end(self, connection: socket.socket) -> None:
        box = self._boxes.pop(connection)
        asyncio.get_running_loop().remove_reader(connection)
        connection.close()
        self._calls |= box.calls()


class _Box:
    """The calls of one box, by process."""

    def __init__(self, filter_call: int) -> None:
        self.greeted = False
        self.lost = 0
        self._filter_call = filter_call
        self._by_process: dict[int, set[int]] = {}
        # Before a role has its filter, it is the agent that calls.
        self._before: set[int] = set()
        self._filters = 0

    def take(self, payload: bytes) -> None:
        number, first, process = _syscall(payload)
        if process not in self._by_process:
            self._by_process[process] = set()
            if not self._filters:
                self._before.add(process)
        if number == self._filter_call and first == _PR_SET_SECCOMP:
            self._filters += 1
            self._before.discard(process)
            self._by_process[process].clear()
        else:
            self._by_process[process].add(number)

    def calls(self) -> set[int]:
        """The calls of the roles and of their children: not those of processes that never had a filter put on."""
        return set().union(*(calls for process, calls in self._by_process.items() if process not in self._before))


def _syscall(payload: bytes) -> tuple[int, int, int]:
    """Return number, first argument and process of a raw call. Fields that are zero are left out on the wire."""
    number = first = process = 0
    for field, value in _fields(payload):
        if field == _NUMBER and isinstance(value, int):
            number = value
        elif field == _FIRST_ARGUMENT and isinstance(value, int):
            first = value
        elif field == _CONTEXT and isinstance(value, bytes):
            process = next((each for name, each in _fields(value) if name == _PROCESS and isinstance(each, int)), 0)
    return number, first, process


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Cut a protobuf message into its fields, as far as these messages have them.

    Raises:
        BackendError: It is none.
    """
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        value, position = _varint(message, position)
        match tag & 7:
            case 0:
                yield tag >> 3, value
            case 2:
                yield tag >> 3, message[position : position + value]
                position += value
            case _:
                raise BackendError("the runtime's trace has a field of an unknown kind")


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, position
        shift += 7
