# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: writes to a memfd: a file that is in no file system with a size
# limits: memory_bytes=67108864 cpu_time_ms=20000 wall_time_ms=60000
import os

file = os.memfd_create("nothing")
while True:
    os.write(file, bytes(1 << 20))
