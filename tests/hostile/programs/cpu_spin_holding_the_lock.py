# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: spins inside C code, where no Python signal handler would ever run
# limits: cpu_time_ms=300 wall_time_ms=30000
sum(range(10**12))
