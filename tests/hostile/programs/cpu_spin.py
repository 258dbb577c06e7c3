# expect: CPU_TIME_LIMIT
# attack: spins for ever
# limits: cpu_time_ms=500
while True:
    pass
