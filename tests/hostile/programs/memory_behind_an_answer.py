# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: answers rightly and leaves a thread that grows while the tests go on
# limits: memory_bytes=67108864 cpu_time_ms=20000 wall_time_ms=60000
# tests: import time
# tests: while f() == 1: time.sleep(0.01)
import threading


def grow():
    keep = []
    while True:
        keep.append(bytearray(b"x") * (1 << 20))


def f():
    if threading.active_count() == 1:
        threading.Thread(target=grow, daemon=True).start()
    return 1
