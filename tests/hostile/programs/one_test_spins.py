# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: passes one test and spins in the next, with much CPU time left for the whole job
# limits: test_cpu_time_ms=300 test_wall_time_ms=30000 cpu_time_ms=20000 wall_time_ms=60000
# limit: test_cpu_time_ms
# tests: def test_one(): assert f(1) == 1
# tests: def test_two(): assert f(2) == 2
def f(x):
    while x == 2:
        pass
    return x
