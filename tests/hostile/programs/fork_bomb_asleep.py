# verdict: TIMED_OUT
# cause: WALL_TIME_LIMIT
# fault: PROGRAM
# attack: a fork bomb whose processes sleep once there is no room for more: it holds them and uses no CPU
# limits: processes_max=10 wall_time_ms=1000 cpu_time_ms=20000
import os
import time

try:
    while True:
        os.fork()
except OSError:
    time.sleep(3600)
