# verdict: FAILED
# cause: SIGNALED
# fault: PROGRAM
# attack: dies of SIGSEGV, raised by itself
import signal

signal.raise_signal(signal.SIGSEGV)
