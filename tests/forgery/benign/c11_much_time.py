# benign: uses most of its CPU time
# shape: whole
# limits: cpu_time_ms=2000 wall_time_ms=40000
# tests: assert @NAME@(3) == 9
import time


def @NAME@(x):
    # Looks are few: each is a system call, whose time in gVisor's kernel counts too, but not on this clock.
    while time.process_time() < 1.4:
        sum(range(100_000))
    return x * x
