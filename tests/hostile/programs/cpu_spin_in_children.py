# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: lets children do the spinning and only waits
# limits: cpu_time_ms=300 wall_time_ms=30000
import os

for _ in range(4):
    if os.fork() == 0:
        while True:
            pass
for _ in range(4):
    os.wait()
