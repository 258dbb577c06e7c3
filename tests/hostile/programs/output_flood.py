# verdict: FAILED
# cause: OUTPUT_LIMIT
# fault: PROGRAM
# attack: writes to standard output without end
# limits: cpu_time_ms=30000 wall_time_ms=60000
import os

block = b"x" * 65536
while True:
    os.write(1, block)
