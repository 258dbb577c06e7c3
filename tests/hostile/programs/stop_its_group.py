# verdict: TIMED_OUT
# cause: WALL_TIME_LIMIT
# fault: PROGRAM
# attack: stops everything that it may signal, again and again from a child in another session
# limits: wall_time_ms=400 cpu_time_ms=20000
import os
import signal
import time

parent = os.getpid()
if os.fork() == 0:
    os.setsid()
    while True:
        os.kill(parent, signal.SIGSTOP)
        time.sleep(0.01)
time.sleep(3600)
