# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: answers at once and leaves a child that spins while the tests go on
# limits: cpu_time_ms=300 wall_time_ms=30000
# tests: import time
# tests: while f() == 1: time.sleep(0.01)
import os


def f():
    if not children:
        children.append(os.fork())
        if children[0] == 0:
            while True:
                pass
    return 1


children = []
