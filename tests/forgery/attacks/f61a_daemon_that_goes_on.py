# attack: a daemon with a session of its own goes on to write answers and output after the end
# shape: action
# causes: WRONG_ANSWER, PROTOCOL_VIOLATION
import os
import signal
import struct
import time


def attack() -> None:
    if os.fork():
        return
    os.setsid()
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    if os.fork():
        os._exit(0)
    body = struct.pack(">IBB", 0, 1, 0)
    for _ in range(2000):
        try:
            os.write(1, b"PASSED: ALL_TESTS_PASSED\n")
            time.sleep(0.005)
            os.write(4, struct.pack(">IB", len(body), ord("t")) + body + struct.pack(">IB", 0, ord("d")))
        except OSError:
            pass
    os._exit(0)
