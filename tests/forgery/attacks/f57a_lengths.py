# attack: frames whose length is a lie: 2 GiB, all ones, one more than the largest value
# shape: action
# causes: PROTOCOL_VIOLATION, WRONG_ANSWER
import os
import random
import struct


def attack() -> None:
    size = random.choice((1 << 31, (1 << 32) - 1, (1 << 31) - 1, (16 << 20) + 65))
    os.write(4, struct.pack(">IB", size, ord("R")) + bytes(8) + struct.pack(">q", -1))
