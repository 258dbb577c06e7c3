# attack: wrong values whose text in a message no pipeline can hold
# shape: value
# causes: WRONG_ANSWER
import random


def lie(expected_like: object) -> object:
    return random.choice(("\ud800", "\udfff\ud800", "\0", "\x1b[2J", "\u202e", "\ufffe\uffff", b"\xff\0", "\U0010ffff" * 50_000))
