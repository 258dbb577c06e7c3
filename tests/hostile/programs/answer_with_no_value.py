# verdict: FAILED
# cause: PROTOCOL_VIOLATION
# fault: PROGRAM
# attack: answers the right question with bytes that are no value: a list that claims to be endless
# tests: assert f() == 1
import os
import struct
import sys


def f():
    frame = sys._getframe()
    while "call_id" not in frame.f_locals:
        frame = frame.f_back
    body = frame.f_locals["call_id"] + b"l\xff\xff\xff\xff" * 50
    os.write(4, struct.pack(">IB", len(body), ord("R")) + body)
    return 2
