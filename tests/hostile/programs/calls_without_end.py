# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: answers every call so that the tests call once more: no single call takes long
# limits: cpu_time_ms=600 wall_time_ms=30000
# tests: while f() == 1: pass
def f():
    return 1
