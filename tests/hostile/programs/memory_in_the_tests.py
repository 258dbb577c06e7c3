# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: returns values that the tests keep: too much for the tests' own process
# limits: memory_bytes=67108864 cpu_time_ms=20000 wall_time_ms=60000
# tests: kept = [f(i) for i in range(100)]
def f(i):
    return bytes([i]) * (8 << 20)
