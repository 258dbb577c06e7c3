# verdict: FAILED
# cause: SIGNALED
# fault: PROGRAM
# attack: dies of SIGFPE, raised by itself
import signal

signal.raise_signal(signal.SIGFPE)
