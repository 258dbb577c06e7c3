# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: spins before there is a test that could be measured
# limits: test_cpu_time_ms=300 test_wall_time_ms=30000 cpu_time_ms=20000 wall_time_ms=60000
# limit: test_cpu_time_ms
# tests: def test_one(): assert f() == 1
while True:
    pass
