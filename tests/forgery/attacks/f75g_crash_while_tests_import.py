# attack: dies between its loading and the first question, while the tests still prepare
# shape: whole
# causes: EXITED_EARLY, SIGNALED, WRONG_ANSWER
# tests: import time
# tests: time.sleep(0.1)
# tests: assert @NAME@(1) == "@CANARY@"
import os
import threading
import time


def leave():
    time.sleep(@DELAY_MS@ / 1000)
    os.kill(os.getpid(), 9) if @DELAY_MS@ % 2 else os._exit(0)


threading.Thread(target=leave, daemon=True).start()


def @NAME@(x):
    return None
