# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: queues real-time signals to itself, blocked and unblocked in turn, without end
# limits: cpu_time_ms=600 wall_time_ms=30000
import ctypes
import os
import signal

libc = ctypes.CDLL(None)
for number in range(signal.SIGRTMIN, signal.SIGRTMAX + 1):
    signal.signal(number, lambda *_: None)
everything = range(signal.SIGRTMIN, signal.SIGRTMAX + 1)
while True:
    signal.pthread_sigmask(signal.SIG_BLOCK, everything)
    for number in everything:
        for _ in range(20):
            libc.sigqueue(os.getpid(), number, None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, everything)
