# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: spins for ever
# limits: cpu_time_ms=300
while True:
    pass
