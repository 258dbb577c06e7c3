# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: six children take a fair share each; together it is too much
# limits: memory_bytes=134217728 cpu_time_ms=20000 wall_time_ms=60000
import os
import signal

for _ in range(6):
    if os.fork() == 0:
        keep = bytearray(b"x") * (32 << 20)
        signal.pause()
for _ in range(6):
    os.wait()
