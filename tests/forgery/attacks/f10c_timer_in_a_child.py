# attack: a child kills its parent or lets it exit while the tests run, at a moment nobody knows
# shape: whole
# causes: SIGNALED, EXITED_EARLY, WRONG_ANSWER
import os
import signal
import time

signal.signal(signal.SIGUSR1, lambda *args: os._exit(0))
parent = os.getpid()
if os.fork() == 0:
    time.sleep(@DELAY_MS@ / 1000)
    os.kill(parent, signal.SIGUSR1 if @DELAY_MS@ % 2 else signal.SIGTERM)
    os._exit(0)


def @NAME@(*args):
    time.sleep(0.01)
