# verdict: FAILED
# cause: SIGNALED
# fault: PROGRAM
# attack: kills its whole process group, children and all
import os
import signal

for _ in range(3):
    if os.fork() == 0:
        signal.pause()
os.killpg(0, signal.SIGKILL)
