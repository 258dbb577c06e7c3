# attack: leaves threads behind that no exit waits out, and that say it passed when all is over
# shape: action
# causes: WRONG_ANSWER
import os
import threading
import time


def stay():
    while True:
        time.sleep(0.01)
        try:
            os.write(1, b"PASSED\n")
        except OSError:
            pass


def attack() -> None:
    for daemon in (True, False):
        threading.Thread(target=stay, daemon=daemon).start()
