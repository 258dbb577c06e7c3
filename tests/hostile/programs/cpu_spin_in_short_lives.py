# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: spends its CPU in children that die too soon to be seen by anybody who samples
# limits: cpu_time_ms=600 wall_time_ms=30000
import os

while True:
    if os.fork() == 0:
        sum(range(10_000))
        os._exit(0)
    os.wait()
