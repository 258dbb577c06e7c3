"""A peer that hangs must not keep a benchmark for ever."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

TURN_S = 600.0
"""How long a portion of a peer may take: many times what it takes."""


@contextmanager
def patience(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kill a peer that takes longer than `TURN_S`: whoever reads its answers sees its end."""
    timer = threading.Timer(TURN_S, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
