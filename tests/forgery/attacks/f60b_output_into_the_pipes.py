# attack: turns its output into the pipe of answers, and the pipes into one another
# shape: action
# causes: PROTOCOL_VIOLATION, EXITED_EARLY, WRONG_ANSWER, WALL_TIME_LIMIT, CPU_TIME_LIMIT
# limits: cpu_time_ms=1000 wall_time_ms=2000
import os
import random
import sys


def attack() -> None:
    source, target = random.choice(((4, 1), (1, 4), (3, 4), (4, 3), (2, 4), (0, 3), (4, 2)))
    os.dup2(source, target)
    try:
        print("passed", file=sys.stdout, flush=True)
        print("passed", file=sys.stderr, flush=True)
    except OSError:
        pass
