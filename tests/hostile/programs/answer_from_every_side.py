# verdict: FAILED
# cause: PROTOCOL_VIOLATION
# fault: PROGRAM
# attack: threads and children all answer at once
# limits: cpu_time_ms=10000 wall_time_ms=30000
# tests: assert f() == 1
# tests: assert f() == 1
import os
import struct
import threading


def shout():
    for guess in range(200):
        os.write(4, struct.pack(">IBQ", 8, ord("R"), guess))


def f():
    threads = [threading.Thread(target=shout) for _ in range(8)]
    for thread in threads:
        thread.start()
    if os.fork() == 0:
        shout()
        os._exit(0)
    os.wait()
    for thread in threads:
        thread.join()
    return 2
