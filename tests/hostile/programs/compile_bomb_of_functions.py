# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: compiles a source of more and more functions
# limits: cpu_time_ms=600 wall_time_ms=30000
count = 1000
while True:
    exec("\n".join(f"def f{i}(a, b=[1, 2, 3]): return [x for x in a if x == {i}]" for i in range(count)))
    count *= 2
