# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: starts threads until it is refused
# limits: processes_max=16 cpu_time_ms=10000 wall_time_ms=20000
import threading

wait = threading.Event()
started = 0
try:
    for _ in range(1000):
        threading.Thread(target=wait.wait, daemon=True).start()
        started += 1
except RuntimeError:
    pass
assert started == 15, started
