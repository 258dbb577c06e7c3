# verdict: TIMED_OUT
# cause: WALL_TIME_LIMIT
# fault: PROGRAM
# attack: passes one test and sleeps in the next, with much time left for the whole job
# limits: test_wall_time_ms=400 cpu_time_ms=20000 wall_time_ms=60000
# limit: test_wall_time_ms
# tests: def test_one(): assert f(1) == 1
# tests: def test_two(): assert f(2) == 2
import time


def f(x):
    if x == 2:
        time.sleep(3600)
    return x
