# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: works for moments and sleeps between them, so that it never looks busy
# limits: cpu_time_ms=400 wall_time_ms=30000
import time

while True:
    end = time.perf_counter() + 0.02
    while time.perf_counter() < end:
        pass
    time.sleep(0.005)
