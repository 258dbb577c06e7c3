# attack: answers for a while and then exits with code 0, when only the last tests are left
# shape: action
# causes: EXITED_EARLY, WRONG_ANSWER
# moments: late
import os
import sys


def attack() -> None:
    sys.stdout.flush()
    os._exit(0)
