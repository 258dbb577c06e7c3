# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: sets clocks, raises its limits and its priority, takes more cores than it was given, and pins memory
import ctypes
import errno
import os
import resource
import time

libc = ctypes.CDLL(None, use_errno=True)
refused = (errno.EPERM, errno.EACCES, errno.EINVAL, errno.ENOSYS)


def is_refused(call, *arguments):
    try:
        result = call(*arguments)
    except (OSError, ValueError):
        return True
    return result == -1 and ctypes.get_errno() in refused


before = time.time() - time.monotonic()
timespec = (ctypes.c_long * 2)(1, 0)
timex = ctypes.create_string_buffer(b"\x01" + bytes(255), 256)
assert is_refused(time.clock_settime, time.CLOCK_REALTIME, 1.0), "clock_settime"
assert is_refused(libc.settimeofday, timespec, None), "settimeofday"
assert is_refused(libc.adjtimex, timex), "adjtimex"
assert abs(time.time() - time.monotonic() - before) < 1
for name in ("RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_CORE"):
    number = getattr(resource, name)
    _, hard = resource.getrlimit(number)
    assert hard != resource.RLIM_INFINITY, name
    assert is_refused(resource.setrlimit, number, (hard + 1, hard + 1)), name
assert is_refused(os.nice, -20), "nice"
assert is_refused(os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(99)), "scheduler"
assert is_refused(libc.mlockall, 3), "mlockall"
try:
    os.sched_setaffinity(0, range(1024))
except OSError:
    pass
