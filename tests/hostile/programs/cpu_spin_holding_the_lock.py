# expect: CPU_TIME_LIMIT
# attack: spins inside C code, where no Python signal handler would ever run
# limits: cpu_time_ms=500
sum(range(10**12))
