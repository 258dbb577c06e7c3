# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: grows a little at a time and rests in between, as a leak does
# limits: memory_bytes=67108864 cpu_time_ms=20000 wall_time_ms=60000
import time

keep = []
while True:
    keep.append(bytearray(b"x") * (4 << 20))
    time.sleep(0.01)
