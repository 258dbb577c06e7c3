# expect: PROTOCOL_VIOLATION
# attack: sends an answer with a guessed id before it is asked
# tests: assert f() == 1
import os
import struct
import threading
import time


def lie():
    time.sleep(0.05)
    while True:
        os.write(4, struct.pack(">IBQ", 8, ord("R"), 0))
        time.sleep(0.01)


threading.Thread(target=lie, daemon=True).start()


def f():
    time.sleep(0.5)
    return 2
