# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: spins while the tests wait for an answer
# limits: cpu_time_ms=300 wall_time_ms=30000
# tests: assert f() == 1
def f():
    while True:
        pass
