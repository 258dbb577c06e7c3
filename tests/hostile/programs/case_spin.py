# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: writes what is expected and spins
# limits: cpu_time_ms=300 wall_time_ms=30000
# case: 1\n => one\n
print("one", flush=True)
while True:
    pass
