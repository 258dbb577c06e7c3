# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: is good in one case and spins in the next, with much CPU time left for the whole job
# limits: test_cpu_time_ms=300 test_wall_time_ms=30000 cpu_time_ms=20000 wall_time_ms=60000
# limit: test_cpu_time_ms
# case: 1\n => one\n
# case: 2\n => two\n
if input() == "2":
    while True:
        pass
print("one")
