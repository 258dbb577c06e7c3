# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: an orphan grows; its parent and its parent's parent have nothing to do with it and end well
# limits: memory_bytes=67108864 cpu_time_ms=20000 wall_time_ms=60000
import os
import time

if os.fork() == 0:
    if os.fork() == 0:
        keep = []
        while True:
            keep.append(bytearray(b"x") * (1 << 20))
    os._exit(0)
os.wait()
time.sleep(3600)
