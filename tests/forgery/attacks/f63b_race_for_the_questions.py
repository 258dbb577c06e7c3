# attack: children read the pipe of the calls along with the program, and answer what they get hold of
# shape: action
# causes: WRONG_ANSWER, PROTOCOL_VIOLATION, WALL_TIME_LIMIT, EXITED_EARLY, EXCEPTION
# limits: cpu_time_ms=2000 wall_time_ms=2000
# moments: import call late
import os
import struct
import time


def attack() -> None:
    for _ in range(3):
        if os.fork() == 0:
            data = os.read(3, 65536)
            body = b"l\0\0\0\2" + b"s\0\0\0\5wrong" + b"l\0\0\0\0"
            os.write(4, struct.pack(">IB", 8 + len(body), ord("R")) + data[5:13] + body)
            time.sleep(1)
            os._exit(0)
