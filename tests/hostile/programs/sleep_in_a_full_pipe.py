# verdict: TIMED_OUT
# cause: WALL_TIME_LIMIT
# fault: PROGRAM
# attack: writes to a pipe that nobody reads
# limits: wall_time_ms=400
import os

read, write = os.pipe()
while True:
    os.write(write, bytes(4096))
