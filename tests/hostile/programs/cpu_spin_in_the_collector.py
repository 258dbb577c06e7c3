# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: rubbish that rises from the dead each time it is collected
# limits: cpu_time_ms=300 wall_time_ms=30000
import gc


class Phoenix:
    def __init__(self):
        self.me = self

    def __del__(self):
        Phoenix()


Phoenix()
while True:
    gc.collect()
