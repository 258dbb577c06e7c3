# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: one multiplication after the other of huge numbers, inside C code
# limits: cpu_time_ms=300 wall_time_ms=30000
3 ** (10**9)
