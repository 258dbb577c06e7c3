# verdict: TIMED_OUT
# cause: WALL_TIME_LIMIT
# fault: PROGRAM
# attack: waits for nothing to happen on nothing
# limits: wall_time_ms=400
import select

select.select([], [], [])
