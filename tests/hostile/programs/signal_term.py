# verdict: FAILED
# cause: SIGNALED
# fault: PROGRAM
# attack: dies of SIGTERM, raised by itself
import signal

signal.raise_signal(signal.SIGTERM)
