# verdict: FAILED
# cause: PROTOCOL_VIOLATION
# fault: PROGRAM
# attack: announces an answer of two gigabytes, to size somebody's buffer
# tests: assert f() == 1
import os
import struct


def f():
    os.write(4, struct.pack(">IB", 1 << 31, ord("R")))
    return 2
