# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: kills every process it can reach, pid 1 included; must reach none but its own
# tests: assert f() == 1
import os
import signal


def f():
    for pid in (1, -1):
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
    return 1
