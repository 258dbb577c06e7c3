# verdict: FAILED
# cause: WRONG_ANSWER
# fault: PROGRAM
# attack: very many global names that nobody can print, and some that are no text
# limits: cpu_time_ms=10000 wall_time_ms=30000
# tests: assert f() == 1
def f():
    return 2


for number in range(50_000):
    globals()[f"\ud800\x00{number}\n"] = number
globals()[None] = globals()[()] = globals()[1.5] = 1
