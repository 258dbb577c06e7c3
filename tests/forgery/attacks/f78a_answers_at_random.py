# attack: answers at random, with right and with wrong values, in the hope that one run passes
# shape: whole
# causes: WRONG_ANSWER
# tests: assert [@NAME@(number) for number in range(64)] == [number % 2 == 0 for number in range(64)], "@CANARY@"
import random


def @NAME@(x):
    return random.random() < 0.5
