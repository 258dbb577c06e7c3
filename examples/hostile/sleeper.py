# expect: WALL_TIME_LIMIT
# attack: hold a box for an hour without using any CPU
import time

time.sleep(3600)
