# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: forks until it is refused; must see EAGAIN at its limit, and the box must live
# limits: processes_max=10 cpu_time_ms=10000 wall_time_ms=20000
import errno
import os
import signal

children = []
try:
    while len(children) < 100:
        pid = os.fork()
        if pid == 0:
            signal.pause()
        children.append(pid)
except OSError as error:
    assert error.errno == errno.EAGAIN, error
assert len(children) == 9, len(children)
