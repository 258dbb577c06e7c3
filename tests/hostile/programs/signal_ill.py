# verdict: FAILED
# cause: SIGNALED
# fault: PROGRAM
# attack: dies of SIGILL, raised by itself
import signal

signal.raise_signal(signal.SIGILL)
