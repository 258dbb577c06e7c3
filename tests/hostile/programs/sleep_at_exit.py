# verdict: TIMED_OUT
# cause: WALL_TIME_LIMIT
# fault: PROGRAM
# attack: ends, and sleeps in an exit handler
# limits: wall_time_ms=400
import atexit
import time

atexit.register(time.sleep, 3600)
