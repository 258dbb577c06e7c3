# verdict: FAILED
# cause: PROTOCOL_VIOLATION
# fault: PROGRAM
# attack: sends an answer with a guessed id before it is asked
# tests: assert f() == 1
import os
import struct
import threading
import time


lied = threading.Event()


def lie():
    time.sleep(0.05)
    os.write(4, struct.pack(">IBQ", 8, ord("R"), 0))
    lied.set()


threading.Thread(target=lie, daemon=True).start()


def f():
    lied.wait()
    return 2
