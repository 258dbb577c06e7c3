# attack: sends the orders and reports of the keeper: that the program is to be run, and has ended well
# shape: action
# causes: PROTOCOL_VIOLATION, WRONG_ANSWER
import os
import random
import struct


def attack() -> None:
    said = [
        struct.pack(">IBBi", 5, ord("x"), 1, 0),
        struct.pack(">IB", 0, ord("r")),
        struct.pack(">IB", 0, ord("s")),
        struct.pack(">IB", 4, ord("!")) + b"lost",
    ]
    os.write(4, random.choice(said))
