# attack: closes the pipes of the tests
# shape: action
# causes: EXITED_EARLY, WRONG_ANSWER, WALL_TIME_LIMIT
# limits: cpu_time_ms=2000 wall_time_ms=2000
import os
import random


def attack() -> None:
    random.choice((lambda: os.close(3), lambda: os.close(4), lambda: os.closerange(0, 4096), lambda: os.closerange(3, 5)))()
