# verdict: TIMED_OUT
# cause: WALL_TIME_LIMIT
# fault: PROGRAM
# attack: sleeps while the tests wait for an answer
# limits: wall_time_ms=400
# tests: assert f() == 1
import time


def f():
    time.sleep(3600)
    return 1
