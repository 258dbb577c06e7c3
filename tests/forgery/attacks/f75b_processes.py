# attack: forks for ever, to be mistaken for a fault of the service
# shape: action
# causes: WRONG_ANSWER, PROCESS_LIMIT, EXCEPTION, EXITED_EARLY, LOAD_ERROR
# limits: cpu_time_ms=4000 wall_time_ms=12000 memory_bytes=536870912
import os
import time


def attack() -> None:
    for _ in range(100):
        try:
            if os.fork() == 0:
                time.sleep(3600)
                os._exit(0)
        except OSError:
            break
