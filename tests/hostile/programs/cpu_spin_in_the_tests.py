# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: returns numbers that all have one hash, so that the tests' own set takes quadratic time
# limits: cpu_time_ms=600 wall_time_ms=30000
# tests: assert len(set(f())) == 1
def f():
    modulus = (1 << 61) - 1
    return [modulus * i for i in range(1, 200_000)]
