# attack: forks; the parent exits with 0 and the child goes on as if it were the program
# shape: action
# causes: EXITED_EARLY, WRONG_ANSWER
# moments: import call late
import os


def attack() -> None:
    if os.fork() != 0:
        os._exit(0)
