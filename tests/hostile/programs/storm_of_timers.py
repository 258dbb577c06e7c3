# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: a timer that fires every microsecond, and a handler that works
# limits: cpu_time_ms=300 wall_time_ms=30000
import signal

signal.signal(signal.SIGALRM, lambda *_: sum(range(100)))
signal.setitimer(signal.ITIMER_REAL, 1e-6, 1e-6)
while True:
    signal.pause()
