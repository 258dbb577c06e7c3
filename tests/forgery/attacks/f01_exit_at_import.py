# attack: exits with code 0, as if everything had been done
# shape: action
# causes: EXITED_EARLY, EXCEPTION, WRONG_ANSWER
import sys


def attack() -> None:
    sys.exit(0)
