# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: has the kernel send pid 1 of its box a signal that cannot be ignored, when a descriptor is ready
import errno
import fcntl
import os
import signal
import socket
import struct

SIOCSPGRP, FIOSETOWN, F_SETOWN_EX = 0x8902, 0x8901, 15

for number in (signal.SIGKILL, signal.SIGSTOP):
    here, there = socket.socketpair()
    refused = 0
    for attempt in (
        lambda: fcntl.fcntl(here, fcntl.F_SETOWN, 1),
        lambda: fcntl.fcntl(here, fcntl.F_SETOWN, -1),
        lambda: fcntl.fcntl(here, F_SETOWN_EX, struct.pack("ii", 1, 1)),
        lambda: fcntl.fcntl(here, fcntl.F_SETSIG, number),
        lambda: fcntl.ioctl(here, FIOSETOWN, struct.pack("i", 1)),
        lambda: fcntl.ioctl(here, SIOCSPGRP, struct.pack("i", 1)),
    ):
        try:
            attempt()
        except OSError as error:
            assert error.errno == errno.EPERM, error
            refused += 1
    assert refused == 6, refused
    fcntl.fcntl(here, fcntl.F_SETFL, fcntl.fcntl(here, fcntl.F_GETFL) | os.O_ASYNC)
    there.send(b"x")
os.kill(os.getpid(), 0)
