# expect: WALL_TIME_LIMIT
# attack: stops its own process, so that nothing in the box runs
# limits: wall_time_ms=700
import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)
