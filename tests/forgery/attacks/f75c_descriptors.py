# attack: opens descriptors until there are none, in itself and in children, so that the tests can open nothing
# shape: action
# causes: WRONG_ANSWER, EXITED_EARLY, EXCEPTION, LOAD_ERROR
# limits: cpu_time_ms=6000 wall_time_ms=15000
import os
import socket
import time


def attack() -> None:
    held = []
    for number in range(6):
        if number and os.fork():
            continue
        try:
            while True:
                held.append(os.open("/etc/passwd" if len(held) % 2 else "/dev/null", os.O_RDONLY))
                held.extend(os.pipe())
                held.append(socket.socket(socket.AF_UNIX))
        except OSError:
            pass
        if number:
            time.sleep(3600)
            os._exit(0)
    for fd in held[-16:]:
        if isinstance(fd, int):
            os.close(fd)
        else:
            fd.close()
