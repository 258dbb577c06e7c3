# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: children exit in every way and die of signals, hoping that one of them is taken for the program
# limits: cpu_time_ms=10000 wall_time_ms=30000
# tests: assert f() == 1
import os
import signal


def f():
    for code in (0, 1, 137, 139, 255):
        if os.fork() == 0:
            os._exit(code)
        assert os.waitstatus_to_exitcode(os.wait()[1]) == code
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV):
        if os.fork() == 0:
            os.kill(os.getpid(), number)
        assert os.waitstatus_to_exitcode(os.wait()[1]) == -number
    return 1
