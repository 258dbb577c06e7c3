# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: nothing but system calls: the CPU is burnt in gVisor's kernel, and is the job's all the same
# limits: cpu_time_ms=300 wall_time_ms=30000
import os

while True:
    os.getppid()
