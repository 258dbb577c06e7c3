# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: orphans in sessions of their own spin, whose parents are dead; the program itself only sleeps
# limits: cpu_time_ms=600 wall_time_ms=30000
import os
import time

for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                pass
        os._exit(0)
time.sleep(3600)
