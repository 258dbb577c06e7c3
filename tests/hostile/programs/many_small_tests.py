# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: uses little in each of very many tests: none is above its limit, all together are above the job's
# limits: test_cpu_time_ms=300 test_wall_time_ms=30000 cpu_time_ms=600 wall_time_ms=60000
# limit: cpu_time_ms
# tests: for i in range(2000): exec(f"def test_{i}(): assert f() == 1")
def f():
    sum(range(100_000))
    return 1
