# attack: a thread answers rightly when the time of the call is long over
# shape: whole
# causes: WALL_TIME_LIMIT
# limits: cpu_time_ms=5000 wall_time_ms=600
# tests: assert @NAME@(12) == 144, "@CANARY@"
import os
import struct
import sys
import threading
import time

right = struct.pack(">IB", 19, ord("R")) + bytes(8) + b"l\0\0\0\2N" + b"l\0\0\0\0"


def late():
    time.sleep(30)
    os.write(4, right)


def @NAME@(x):
    threading.Thread(target=late).start()
    while True:
        time.sleep(3600)
