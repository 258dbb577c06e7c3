# verdict: TIMED_OUT
# cause: WALL_TIME_LIMIT
# fault: PROGRAM
# attack: reads the pipe of the tests while it loads, to learn what it will be asked
# limits: wall_time_ms=400
# tests: assert f(123456) == 1
import os

question = os.read(3, 65536)


def f(x):
    return int(b"123456" in question)
