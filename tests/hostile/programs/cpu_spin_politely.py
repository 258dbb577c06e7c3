# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: spins at the lowest priority there is, where it would look idle
# limits: cpu_time_ms=300 wall_time_ms=30000
import os

os.nice(19)
try:
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
except OSError:
    pass
while True:
    pass
