# attack: leaves children behind in groups, sessions and as orphans, which work on after the last answer
# shape: action
# causes: WRONG_ANSWER
import os
import signal
import time


def attack() -> None:
    for number in range(3):
        if os.fork():
            continue
        if number == 1:
            os.setsid()
        if number == 2 and os.fork():
            os._exit(0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for fd in range(3):
            try:
                os.close(fd)
            except OSError:
                pass
        time.sleep(3600)
        os._exit(0)
