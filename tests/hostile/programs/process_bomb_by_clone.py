# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: makes processes by the bare system call, past every library that could count; must see EAGAIN at its limit
# limits: processes_max=10 cpu_time_ms=10000 wall_time_ms=30000
import ctypes
import errno
import os
import signal
import time

CLONE = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
libc = ctypes.CDLL(None, use_errno=True)
made = 0
while made < 100:
    pid = libc.syscall(CLONE, int(signal.SIGCHLD), 0, 0, 0, 0)
    if pid == 0:
        while True:
            time.sleep(3600)
    if pid < 0:
        assert ctypes.get_errno() == errno.EAGAIN, ctypes.get_errno()
        break
    made += 1
assert made == 9, made
