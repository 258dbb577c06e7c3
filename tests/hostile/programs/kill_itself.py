# verdict: FAILED
# cause: SIGNALED
# fault: PROGRAM
# attack: dies of SIGKILL, hoping to be taken for our own kill
import os
import signal

os.kill(os.getpid(), signal.SIGKILL)
