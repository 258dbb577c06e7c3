# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: a constant that whoever compiles the source could be tempted to fold
# limits: cpu_time_ms=300 wall_time_ms=30000
x = 9**9**9**9
