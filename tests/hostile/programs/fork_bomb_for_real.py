# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: every process forks for ever and none gives up
# limits: processes_max=10 cpu_time_ms=600 wall_time_ms=30000
import os

while True:
    try:
        os.fork()
    except OSError:
        pass
