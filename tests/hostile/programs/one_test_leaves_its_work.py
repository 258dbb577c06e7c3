# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: answers each test at once and lets a child do the work, so that no test seems to take long
# limits: test_cpu_time_ms=300 test_wall_time_ms=30000 cpu_time_ms=20000 wall_time_ms=60000
# limit: test_cpu_time_ms
# tests: import time
# tests: def test_one(): assert f() == 1
# tests: def test_two():
# tests:     while f() == 1: time.sleep(0.01)
import os

children = []


def f():
    if not children:
        children.append(os.fork())
        if children[0] == 0:
            while True:
                pass
    return 1
