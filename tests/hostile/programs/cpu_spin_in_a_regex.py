# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: a regular expression that backtracks for years, inside C code
# limits: cpu_time_ms=300 wall_time_ms=30000
import re

re.match(r"(a+)+$", "a" * 64 + "b")
