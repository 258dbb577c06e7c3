# verdict: TIMED_OUT
# cause: WALL_TIME_LIMIT
# fault: PROGRAM
# attack: ends, and has left a sleeping thread that the interpreter waits for
# limits: wall_time_ms=400
import threading
import time

threading.Thread(target=time.sleep, args=(3600,)).start()
