# benign: leaves threads and a child that are still running when the tests are over
# shape: whole
# tests: assert @NAME@(3) == 9
# tests: assert @NAME@(4) == 16
import os
import threading
import time


def wait():
    while True:
        time.sleep(0.05)


threading.Thread(target=wait, daemon=True).start()
threading.Timer(3600, print).start()
if os.fork() == 0:
    time.sleep(3600)
    os._exit(0)


def @NAME@(x):
    threading.Thread(target=wait, daemon=bool(x % 2)).start()
    return x * x
