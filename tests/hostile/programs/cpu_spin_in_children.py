# expect: CPU_TIME_LIMIT
# attack: lets children do the spinning and only waits
# limits: cpu_time_ms=500
import os

for _ in range(4):
    if os.fork() == 0:
        while True:
            pass
for _ in range(4):
    os.wait()
