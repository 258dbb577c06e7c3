# attack: starts the box's own agent anew with -O and without its walls, in its own place
# shape: action
# causes: EXITED_EARLY, WRONG_ANSWER, PROTOCOL_VIOLATION, WALL_TIME_LIMIT
# limits: cpu_time_ms=3000 wall_time_ms=3000
import os
import sys


def attack() -> None:
    os.dup2(3, 0, inheritable=True)
    os.dup2(4, 1, inheritable=True)
    os.environ["PYTHONOPTIMIZE"] = "2"
    os.execv(sys.executable, [sys.executable, "-O", "-I", "-B", "/opt/sandbox/guest"])
