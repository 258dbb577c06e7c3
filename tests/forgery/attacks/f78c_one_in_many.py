# attack: guesses the canary at random
# shape: whole
# causes: WRONG_ANSWER
import random


def @NAME@(*args):
    return f"CANARY_{random.getrandbits(128):032x}"
