# attack: kills itself, with a signal that a shell or a supervisor might take for a clean stop
# shape: action
# causes: SIGNALED, WRONG_ANSWER
# moments: import call thread late
import os
import random
import signal


def attack() -> None:
    number = random.choice((signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM, signal.SIGUSR1))
    os.kill(os.getpid(), number)
