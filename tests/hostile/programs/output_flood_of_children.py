# verdict: FAILED
# cause: OUTPUT_LIMIT
# fault: PROGRAM
# attack: lets children do the writing
# limits: cpu_time_ms=30000 wall_time_ms=60000
import os

for _ in range(4):
    if os.fork() == 0:
        while True:
            os.write(1, b"x" * 65536)
os.wait()
