# verdict: FAILED
# cause: OUTPUT_LIMIT
# fault: PROGRAM
# attack: writes to standard output and standard error by turns without end
# limits: cpu_time_ms=30000 wall_time_ms=60000
import os

while True:
    os.write(1, b"x" * 65536)
    os.write(2, b"\xff\x00" * 32768)
