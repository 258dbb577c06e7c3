# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: stops and continues its spinning children without end, as what once made gVisor lose an interrupt
# limits: cpu_time_ms=800 wall_time_ms=30000
import os
import signal

children = []
for _ in range(4):
    pid = os.fork()
    if pid == 0:
        while True:
            os.getppid()
    children.append(pid)
while True:
    for pid in children:
        os.kill(pid, signal.SIGSTOP)
    for pid in children:
        os.kill(pid, signal.SIGCONT)
