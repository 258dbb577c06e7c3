# benign: uses most of its CPU time
# shape: whole
# limits: cpu_time_ms=2000 wall_time_ms=40000
# tests: assert @NAME@(3) == 9
import time


def @NAME@(x):
    while time.process_time() < 1.4:
        pass
    return x * x
