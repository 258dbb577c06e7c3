# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: every system call there is with senseless arguments: one that blocks is interrupted, one that kills kills a child
# limits: cpu_time_ms=20000 wall_time_ms=60000
import ctypes
import mmap
import os
import signal
import time

NUMBERS = 462
shared = mmap.mmap(-1, mmap.PAGESIZE)
libc = ctypes.CDLL(None)


def call_from(first, argument):
    """Make all calls from one number on, noting each before it is made."""
    me = os.getpid()
    signal.signal(signal.SIGALRM, lambda *_: None)
    for number in range(first, NUMBERS):
        shared[:2] = number.to_bytes(2, "little")
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
        libc.syscall(number, *[ctypes.c_long(argument)] * 6)
        if os.getpid() != me:
            os._exit(0)
    os._exit(0)


def has_ended(pid):
    ended, status = os.waitpid(pid, os.WNOHANG)
    return ended == pid and not os.WIFSTOPPED(status)


for argument in (0, -1):
    first = 0
    while first < NUMBERS:
        shared[:2] = first.to_bytes(2, "little")
        child = os.fork()
        if child == 0:
            os.dup2(os.open("/dev/null", os.O_WRONLY), 2)
            call_from(first, argument)
        seen, deadline = None, 0
        while not has_ended(child):
            if shared[:2] != seen:
                seen, deadline = shared[:2], time.monotonic() + 0.5
            elif time.monotonic() > deadline:
                os.kill(child, signal.SIGKILL)
            time.sleep(0.005)
        first = int.from_bytes(shared[:2], "little") + 1
