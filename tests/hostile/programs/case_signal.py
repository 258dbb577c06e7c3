# verdict: FAILED
# cause: EXCEPTION
# fault: PROGRAM
# attack: writes what is expected and dies of a signal
# case: 1\n => one\n
import os
import signal

os.write(1, b"one\n")
os.kill(os.getpid(), signal.SIGKILL)
