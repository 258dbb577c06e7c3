# attack: sends answers with guessed numbers before anybody has asked
# shape: action
# causes: PROTOCOL_VIOLATION, WRONG_ANSWER
import os
import random
import struct


def attack() -> None:
    text = b"s\0\0\0\5right"
    body = b"l\0\0\0\2" + text + b"l\0\0\0\0"
    for number in (0, 1, 2, 3, 2**64 - 1, random.getrandbits(64)):
        os.write(4, struct.pack(">IBQ", 8 + len(body), ord("R"), number) + body)
