# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: one write for each byte, to keep whoever reads busy
# limits: cpu_time_ms=600 wall_time_ms=30000
import os

while True:
    os.write(1, b"x")
