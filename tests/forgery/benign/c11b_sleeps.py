# benign: sleeps, which takes no CPU time
# shape: whole
# limits: cpu_time_ms=600 wall_time_ms=20000
# tests: assert @NAME@(3) == 9
import time


def @NAME@(x):
    time.sleep(0.8)
    return x * x
