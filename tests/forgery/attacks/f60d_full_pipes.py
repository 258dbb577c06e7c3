# attack: fills the pipe of answers and of output and stops reading, so that both sides may wait for each other
# shape: whole
# causes: PROTOCOL_VIOLATION, WALL_TIME_LIMIT, WRONG_ANSWER, EXITED_EARLY
# limits: cpu_time_ms=2000 wall_time_ms=1500
# tests: big = "x" * 3_000_000
# tests: assert @NAME@(big) == "@CANARY@"
import fcntl
import os
import threading
import time

for fd in (1, 2, 3, 4):
    try:
        fcntl.fcntl(fd, 1031, 4096)
    except OSError:
        pass


def fill():
    time.sleep(@DELAY_MS@ / 1000)
    for fd in (4, 1, 2):
        os.write(fd, b"\0" * 100_000)


threading.Thread(target=fill, daemon=True).start()
if @DELAY_MS@ > 1:
    time.sleep(60)


def @NAME@(x):
    time.sleep(60)
