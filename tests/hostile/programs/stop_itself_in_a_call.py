# verdict: TIMED_OUT
# cause: WALL_TIME_LIMIT
# fault: PROGRAM
# attack: a thread stops the whole process while the tests wait for an answer
# limits: wall_time_ms=400
# tests: assert f() == 1
import os
import signal
import threading


def f():
    thread = threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGSTOP))
    thread.start()
    thread.join()
    return 1
