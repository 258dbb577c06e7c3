# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: takes the highest priority and another processor, gives its keeper the lowest, and spins
# limits: cpu_time_ms=300 wall_time_ms=30000
import os

attempts = [
    lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)),
    lambda: os.setpriority(os.PRIO_PROCESS, 0, -20),
    lambda: os.setpriority(os.PRIO_PROCESS, 1, 19),
    lambda: os.sched_setaffinity(0, {0}),
    lambda: os.sched_setaffinity(1, {0}),
]
for attempt in attempts:
    try:
        attempt()
    except OSError:
        pass
while True:
    pass
