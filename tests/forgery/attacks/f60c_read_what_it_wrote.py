# attack: opens the other ends of the pipes, takes back its answers and writes questions to itself
# shape: action
# causes: WRONG_ANSWER, PROTOCOL_VIOLATION, EXITED_EARLY, WALL_TIME_LIMIT, EXCEPTION
# limits: cpu_time_ms=2000 wall_time_ms=2000
import os
import struct


def attack() -> None:
    try:
        asking = os.open("/proc/self/fd/3", os.O_WRONLY | os.O_NONBLOCK)
        question = b"l\0\0\0\6" + b"s\0\0\0\5value" + b"NlNdl" + b"\0\0\0\0" + b"d\0\0\0\0"
        os.write(asking, struct.pack(">IBQ", 8 + len(question), ord("Q"), 0) + question)
    except OSError:
        pass
    for fd in (4, 1, 2):
        try:
            back = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_NONBLOCK)
            os.read(back, 65536)
        except OSError:
            pass
