# attack: forks children that exit with 0 at once, in a session of their own and without it
# shape: action
# causes: WRONG_ANSWER
import os


def attack() -> None:
    for apart in (False, True):
        if os.fork() == 0:
            if apart:
                os.setsid()
            os._exit(0)
