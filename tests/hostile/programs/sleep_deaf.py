# verdict: TIMED_OUT
# cause: WALL_TIME_LIMIT
# fault: PROGRAM
# attack: blocks and ignores every signal it can, and waits; SIGTERM and SIGALRM say nothing to it
# limits: wall_time_ms=400
import signal

for number in signal.valid_signals():
    try:
        signal.signal(number, signal.SIG_IGN)
    except OSError:
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
while True:
    signal.sigtimedwait([], 3600)
