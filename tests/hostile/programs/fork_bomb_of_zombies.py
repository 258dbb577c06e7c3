# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: children that are dead and never waited for, until it is refused; must see EAGAIN at its limit
# limits: processes_max=10 cpu_time_ms=20000 wall_time_ms=40000
import errno
import os

made = 0
try:
    while made < 100:
        if os.fork() == 0:
            os._exit(0)
        made += 1
except OSError as error:
    assert error.errno == errno.EAGAIN, error
assert made == 9, made
