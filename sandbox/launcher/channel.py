"""A socket that carries whole messages, with descriptors if need be, from asyncio."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Sequence

from sandbox.boxes.pipes import turn

_ANSWER_BYTES_MAX = 65_536


class Channel:
    """One end of a connection of the kind SOCK_SEQPACKET. One reader at a time."""

    def __init__(self, connection: socket.socket) -> None:
        """Own a connection."""
        connection.setblocking(False)
        self._connection = connection
        self._sending = asyncio.Lock()

    async def send(self, message: bytes, descriptors: Sequence[int] = ()) -> None:
        """Send one message.

        Args:
            message: Not empty.
            descriptors: Duplicates of them arrive with it; these stay the caller's.

        Raises:
            ConnectionError: The other end is gone.
        """
        loop = asyncio.get_running_loop()
        async with self._sending:
            while True:
                try:
                    # All or nothing: the kernel does not part such messages.
                    socket.send_fds(self._connection, [message], descriptors)
                except BlockingIOError:
                    await turn(loop.add_writer, loop.remove_writer, self._connection.fileno())
                else:
                    return

    def send_at_once(self, message: bytes) -> None:
        """Send one message to somebody who may not be listening any more; then it is lost."""
        with contextlib.suppress(BlockingIOError, ConnectionError):
            self._connection.send(message)

    async def receive(
        self, *, bytes_max: int = _ANSWER_BYTES_MAX, descriptors_max: int = 0
    ) -> tuple[bytes, tuple[int, ...]]:
        """Receive one message and its descriptors, which are the caller's from then on. No bytes: the end.

        Args:
            bytes_max: A longer message is cut.
            descriptors_max: The kernel closes those beyond.
        """
        loop = asyncio.get_running_loop()
        while True:
            try:
                message, descriptors, _, _ = socket.recv_fds(
                    self._connection, bytes_max, descriptors_max, socket.MSG_CMSG_CLOEXEC
                )
            except BlockingIOError:
                await turn(loop.add_reader, loop.remove_reader, self._connection.fileno())
            except ConnectionError:
                return b"", ()
            else:
                # Room is given for whole ones, and padding may make it one more.
                for surplus in descriptors[descriptors_max:]:
                    os.close(surplus)
                return message, tuple(descriptors[:descriptors_max])

    def hang_up(self) -> None:
        """Say that no more will be sent; what is on its way can still be received."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close this end."""
        self._connection.close()
