# verdict: FAILED
# cause: SIGNALED
# fault: PROGRAM
# attack: dies of SIGBUS, raised by itself
import signal

signal.raise_signal(signal.SIGBUS)
