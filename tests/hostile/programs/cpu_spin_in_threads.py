# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: 64 threads spin
# limits: cpu_time_ms=600 processes_max=80 wall_time_ms=30000
import threading


def spin():
    while True:
        pass


for _ in range(64):
    threading.Thread(target=spin).start()
