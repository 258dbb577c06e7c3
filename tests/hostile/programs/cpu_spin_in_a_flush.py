# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: replaces standard output by an object that spins when it is flushed
# limits: cpu_time_ms=300 wall_time_ms=30000
# tests: assert f() == 1
import sys


class Stuck:
    def flush(self):
        while True:
            pass


sys.stdout = Stuck()


def f():
    return 1
