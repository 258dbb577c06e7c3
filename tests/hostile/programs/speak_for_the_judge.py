# verdict: FAILED
# cause: PROTOCOL_VIOLATION
# fault: PROGRAM
# attack: writes frames that say it passed to every descriptor it has
# tests: assert f() == 1
import os
import struct

done = struct.pack(">IB", 0, ord("d"))
passed = struct.pack(">IBIBB", 6, ord("t"), 0, 1, 0)
for fd in range(64):
    try:
        os.write(fd, passed + done)
    except OSError:
        pass


def f():
    return 2
