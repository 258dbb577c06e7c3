# attack: begins a frame and ends
# shape: action
# causes: EXITED_EARLY, WRONG_ANSWER, PROTOCOL_VIOLATION, WALL_TIME_LIMIT
# limits: cpu_time_ms=2000 wall_time_ms=2000
import os
import random
import struct


def attack() -> None:
    said = struct.pack(">IB", 1000, ord("R")) + bytes(8) + b"l\0\0\0\3"
    os.write(4, said[: random.randrange(1, len(said))])
    os._exit(0)
