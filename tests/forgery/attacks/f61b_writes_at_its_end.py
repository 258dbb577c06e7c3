# attack: writes a pass when its process is taken down: exit handlers, finalizers, signal handlers
# shape: action
# causes: WRONG_ANSWER
import atexit
import os
import signal
import struct
import threading


class Last:
    def __del__(self):
        say()


def say(*args):
    body = struct.pack(">IBB", 0, 1, 0)
    os.write(4, struct.pack(">IB", len(body), ord("t")) + body)
    os.write(1, b"PASSED\n")


LAST = []


def attack() -> None:
    LAST.append(Last())
    LAST.append(LAST)
    atexit.register(say)
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGPIPE):
            signal.signal(number, say)
