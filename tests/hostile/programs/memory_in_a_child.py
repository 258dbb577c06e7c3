# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: lets a child be killed for memory and exits 0 as if nothing had been
# limits: cpu_time_ms=20000 wall_time_ms=40000
import os

if os.fork() == 0:
    keep = []
    while True:
        keep.append(bytearray(1 << 20))
os.wait()
