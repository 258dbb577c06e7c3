# attack: a timer ends the process with code 0 while the last test may be running
# shape: whole
# causes: EXITED_EARLY, WRONG_ANSWER
import os
import threading
import time

timer = threading.Timer(@DELAY_MS@ / 1000, os._exit, (0,))
timer.daemon = True
timer.start()


def @NAME@(*args):
    time.sleep(0.01)
    return None
