# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: returns a text on which the tests' own regular expression backtracks for years
# limits: cpu_time_ms=600 wall_time_ms=30000
# tests: import re
# tests: assert re.fullmatch("([a-z]+)*[.]", f())
def f():
    return "a" * 64
