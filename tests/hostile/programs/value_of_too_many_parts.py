# verdict: FAILED
# cause: UNSUPPORTED_VALUE
# fault: PROGRAM
# attack: returns a value of few bytes and too many parts
# limits: cpu_time_ms=20000 wall_time_ms=60000
# tests: assert f() == 1
def f():
    return [None] * 2_000_001
