# verdict: FAILED
# cause: SIGNALED
# fault: PROGRAM
# attack: lets a child kill it
import os
import signal

if os.fork() == 0:
    os.kill(os.getppid(), signal.SIGKILL)
    os._exit(0)
signal.pause()
