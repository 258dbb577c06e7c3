# expect: CPU_TIME_LIMIT
# attack: every process forks for ever and none gives up
# limits: cpu_time_ms=1500 wall_time_ms=20000
import os

while True:
    try:
        os.fork()
    except OSError:
        pass
