# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: starts other programs by vfork until it is refused; must see EAGAIN at its limit
# limits: processes_max=12 cpu_time_ms=10000 wall_time_ms=30000
import errno
import os

started = 0
try:
    while started < 100:
        os.posix_spawn("/bin/sleep", ["sleep", "60"], {})
        started += 1
except OSError as error:
    assert error.errno == errno.EAGAIN, error
assert started == 11, started
