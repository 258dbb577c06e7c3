# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: memory that parent and child share until one of them writes to it
# limits: memory_bytes=134217728 cpu_time_ms=20000 wall_time_ms=60000
import os

keep = bytearray(b"x") * (96 << 20)
if os.fork() == 0:
    for place in range(0, len(keep), 4096):
        keep[place] = 1
    os._exit(0)
os.wait()
