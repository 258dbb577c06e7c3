# expect: WALL_TIME_LIMIT
# attack: uses no CPU at all
# limits: wall_time_ms=700
import time

time.sleep(3600)
