# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: a fork bomb while the tests wait for an answer; their process must not suffer
# limits: processes_max=10 cpu_time_ms=600 wall_time_ms=30000
# tests: assert f() == 1
import os


def f():
    while True:
        try:
            os.fork()
        except OSError:
            pass
