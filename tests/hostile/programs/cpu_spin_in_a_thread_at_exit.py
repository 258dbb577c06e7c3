# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: ends, and has left a thread that the interpreter waits for
# limits: cpu_time_ms=300 wall_time_ms=30000
import threading


def spin():
    while True:
        pass


threading.Thread(target=spin).start()
