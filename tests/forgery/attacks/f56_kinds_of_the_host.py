# attack: sends what only the agent may say to its host: a plan, results and an end
# shape: action
# causes: PROTOCOL_VIOLATION, WRONG_ANSWER
import os
import random
import struct


def attack() -> None:
    def frame(kind, body=b""):
        return struct.pack(">IB", len(body), ord(kind)) + body

    passed = frame("t", struct.pack(">IBB", 0, 1, 0))
    said = [frame("r", b"5.0\x002"), frame("p", struct.pack(">I", 1)) + passed, frame("d"), frame("e", b"mine"), frame("x", b"\1\0\0\0\0")]
    os.write(4, random.choice(said) + frame("d"))
