# verdict: TIMED_OUT
# cause: WALL_TIME_LIMIT
# fault: PROGRAM
# attack: closes the pipes to the tests and waits to be mistaken for a service fault
# limits: wall_time_ms=400
# tests: assert f() == 1
import os
import time


def f():
    os.closerange(0, 256)
    time.sleep(3600)
