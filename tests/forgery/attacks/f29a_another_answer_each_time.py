# attack: remembers how often it was called and answers differently each time
# shape: whole
# causes: WRONG_ANSWER, EXCEPTION
import os
import random

calls = 0


def @NAME@(x):
    global calls
    calls += 1
    with open("/tmp/calls", "a") as file:
        file.write(f"{x}\n")
    with open("/dev/shm/calls", "a") as file:
        file.write(f"{x}\n")
    answers = (None, "right", "CANARY_" + "0" * calls, True, float("nan"), [x] * calls, {x: calls})
    return answers[(calls + os.path.getsize("/tmp/calls") + random.getrandbits(8)) % len(answers)]
