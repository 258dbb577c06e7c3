# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: parent and child send each other signals without end
# limits: cpu_time_ms=600 wall_time_ms=30000
import os
import signal

signal.signal(signal.SIGUSR1, lambda *_: None)
other = os.fork() or os.getppid()
while True:
    os.kill(other, signal.SIGUSR1)
