"""A socket that carries whole messages, with descriptors if need be, from asyncio."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Sequence

from sandbox.boxes.pipes import turn

_ANSWER_BYTES_MAX = 65_536
_SO_PASSRIGHTS = 83


class Channel:
    """One end of a connection of the kind SOCK_SEQPACKET. One reader at a time."""

    def __init__(self, connection: socket.socket) -> None:
        """Own a connection."""
        connection.setblocking(False)
        self._connection = connection

    def refuse_descriptors(self) -> None:
        """Have the kernel refuse descriptors that the other end sends, where it can (Linux 6.16).

        Where it cannot, it closes those that arrive. What is on its way is open meanwhile.
        """
        with contextlib.suppress(OSError):
            self._connection.setsockopt(socket.SOL_SOCKET, _SO_PASSRIGHTS, 0)

    def send(self, message: bytes, descriptors: Sequence[int] = ()) -> None:
        """Send one message, at once.

        Args:
            message: Not empty.
            descriptors: Duplicates of them arrive with it; these stay the caller's.

        Raises:
            ConnectionError: The other end is gone, or does not read: more than that is not waited for anybody.
        """
        try:
            # All or nothing: the kernel does not part such messages. Whoever has a duplicate of this end may have
            # made it block.
            socket.send_fds(self._connection, [message], descriptors, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        except BlockingIOError:
            raise ConnectionError("the other end does not read") from None

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
                    self._connection, bytes_max, descriptors_max, socket.MSG_CMSG_CLOEXEC | socket.MSG_DONTWAIT
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
