# verdict: FAILED
# cause: OUTPUT_LIMIT
# fault: PROGRAM
# attack: writes to standard error without end and without a line
# limits: cpu_time_ms=30000 wall_time_ms=60000
import os

block = bytes(range(256)) * 256
while True:
    os.write(2, block)
