# attack: hides its work in children, nice ones, that it never waits for
# shape: whole
# causes: CPU_TIME_LIMIT
# limits: cpu_time_ms=600 wall_time_ms=10000
# costly: half a second of CPU and more
import os
import time


def @NAME@(*args):
    for _ in range(2):
        if os.fork() == 0:
            if os.fork() == 0:
                os.nice(19)
                while True:
                    pass
            os._exit(0)
    time.sleep(3600)
