# attack: an alarm signal ends the process with code 0 while a test is running
# shape: whole
# causes: EXITED_EARLY, WRONG_ANSWER
import os
import signal
import time

signal.signal(signal.SIGALRM, lambda *args: os._exit(0))
signal.setitimer(signal.ITIMER_REAL, max(@DELAY_MS@, 1) / 1000)


def @NAME@(*args):
    time.sleep(0.01)
