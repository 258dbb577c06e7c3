# verdict: FAILED
# cause: EXITED_EARLY
# fault: PROGRAM
# attack: a global name that is larger than any value may be, so that the list of names cannot be told
# limits: cpu_time_ms=10000 wall_time_ms=30000
# tests: assert f() == 1
globals()["x" * (17 << 20)] = 1


def f():
    return 1
