# verdict: FAILED
# cause: EXITED_EARLY
# fault: PROGRAM
# attack: dies in the middle of an answer
# tests: assert f() == 1
import os
import struct


def f():
    os.write(4, struct.pack(">IB", 1000, ord("R")) + b"half")
    os._exit(0)
