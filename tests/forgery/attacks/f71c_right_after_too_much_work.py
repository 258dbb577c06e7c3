# attack: returns the right value after more CPU time than it has
# shape: whole
# causes: CPU_TIME_LIMIT
# limits: cpu_time_ms=500 wall_time_ms=8000
# costly: half a second of CPU and more
# tests: assert @NAME@(12) == 144, "@CANARY@"
import time


def @NAME@(x):
    end = time.process_time() + 1.5
    while time.process_time() < end:
        pass
    return x * x
