# attack: a list without end, in its own iterator and by a thread that appends while it is sent
# shape: whole
# causes: WRONG_ANSWER, UNSUPPORTED_VALUE, CPU_TIME_LIMIT, EXITED_EARLY, MEMORY_LIMIT
# limits: cpu_time_ms=1500 wall_time_ms=8000 memory_bytes=134217728
# costly: half a second of CPU and more
import threading


class Endless(list):
    def __iter__(self):
        while True:
            yield 0


growing = []
stop = threading.Event()


def grow():
    while len(growing) < 1_500_000 and not stop.is_set():
        growing.append("CANARY_")


def @NAME@(x):
    threading.Thread(target=grow, daemon=True).start()
    return growing if int(x) % 2 else Endless(["wrong"])
