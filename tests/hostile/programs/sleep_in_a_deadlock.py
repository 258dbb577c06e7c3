# verdict: TIMED_OUT
# cause: WALL_TIME_LIMIT
# fault: PROGRAM
# attack: two threads wait for each other's locks
# limits: wall_time_ms=400
import threading

one, two = threading.Lock(), threading.Lock()
both = threading.Barrier(2)


def take(first, second):
    with first:
        both.wait()
        with second:
            pass


for order in ((one, two), (two, one)):
    threading.Thread(target=take, args=order).start()
