# attack: breaks its box when the last answer is on its way
# shape: whole
# causes: WRONG_ANSWER, MEMORY_LIMIT, SIGNALED, EXITED_EARLY
# limits: cpu_time_ms=4000 wall_time_ms=15000 memory_bytes=67108864
import os
import threading
import time


def harm():
    time.sleep(@DELAY_MS@ / 1000)
    kept = []
    while len(kept) < 64:
        kept.append(b"x" * (4 << 20) + bytes([len(kept)]))
    os.kill(0, 9)


def @NAME@(*args):
    threading.Thread(target=harm).start()
    return None
