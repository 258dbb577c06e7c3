# attack: returns the right value after its time on the clock
# shape: whole
# causes: WALL_TIME_LIMIT
# limits: cpu_time_ms=5000 wall_time_ms=600
# tests: assert @NAME@(12) == 144, "@CANARY@"
import time


def @NAME@(x):
    # The clock leaves out time in which the machine had others to serve, up to ten times as much.
    time.sleep(60)
    return x * x
