# verdict: FAILED
# cause: SIGNALED
# fault: PROGRAM
# attack: dies of SIGXCPU, raised by itself
import signal

signal.raise_signal(signal.SIGXCPU)
