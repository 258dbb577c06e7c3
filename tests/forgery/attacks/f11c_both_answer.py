# attack: forks, and both go on to answer the same calls
# shape: action
# causes: WRONG_ANSWER, PROTOCOL_VIOLATION, WALL_TIME_LIMIT, EXITED_EARLY
# limits: cpu_time_ms=3000 wall_time_ms=3000
# moments: import call late
import os


def attack() -> None:
    os.fork()
