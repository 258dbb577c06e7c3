# verdict: TIMED_OUT
# cause: WALL_TIME_LIMIT
# fault: PROGRAM
# attack: stops its own process, so that nothing in the box runs
# limits: wall_time_ms=400
import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)
