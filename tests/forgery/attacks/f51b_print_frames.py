# attack: prints the frames that the box's agent sends to its host, on both streams
# shape: action
# causes: WRONG_ANSWER
import os
import struct


def attack() -> None:
    def frame(kind, body=b""):
        return struct.pack(">IB", len(body), ord(kind)) + body

    passed = b"".join(frame("t", struct.pack(">IBB", index, 1, 0)) for index in range(5))
    said = frame("r", b"5.0\x002") + frame("p", struct.pack(">I", 5)) + passed + frame("d")
    for fd in (1, 2):
        os.write(fd, said * 3)
