# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: raises an exception whose message takes for ever to be made
# limits: cpu_time_ms=300 wall_time_ms=30000
# tests: assert f() == 1
class Endless(Exception):
    def __str__(self):
        while True:
            pass


def f():
    raise Endless
