# verdict: TIMED_OUT
# cause: WALL_TIME_LIMIT
# fault: PROGRAM
# attack: announces an answer of the largest size and sends it byte by byte for years
# limits: wall_time_ms=400
# tests: assert f() == 1
import os
import struct
import time


def f():
    os.write(4, struct.pack(">IB", 16 << 20, ord("R")))
    while True:
        os.write(4, b"x")
        time.sleep(0.02)
