# verdict: TIMED_OUT
# cause: WALL_TIME_LIMIT
# fault: PROGRAM
# attack: uses no CPU at all
# limits: wall_time_ms=400
import time

time.sleep(3600)
