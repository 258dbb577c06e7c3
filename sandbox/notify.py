"""Tells systemd that a service is ready (sd_notify(3)), where systemd started it and asked to be told."""

import os
import socket


def ready() -> None:
    """Say so to whoever listens at `$NOTIFY_SOCKET`.

    Raises:
        OSError: Nobody does, though the variable is set.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
        # A name that begins with @ is not in the file system.
        notify.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        notify.sendall(b"READY=1")
