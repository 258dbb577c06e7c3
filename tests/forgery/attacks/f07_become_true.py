# attack: becomes a program that ends with 0
# shape: action
# causes: EXITED_EARLY, WRONG_ANSWER
import os
import random
import sys


def attack() -> None:
    command = random.choice((["/bin/true"], ["/bin/sh", "-c", "exit 0"], [sys.executable, "-c", "pass"]))
    os.execv(command[0], command)
