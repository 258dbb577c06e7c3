# verdict: FAILED
# cause: UNSUPPORTED_VALUE
# fault: PROGRAM
# attack: returns a value that is larger than any may be
# limits: cpu_time_ms=20000 wall_time_ms=40000
# tests: assert f() == 1
def f():
    return "x" * (17 << 20)
