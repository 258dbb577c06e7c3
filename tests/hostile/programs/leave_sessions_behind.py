# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: leaves a chain of daemons, each in a session and a process group of its own, all deaf to SIGTERM and SIGHUP
# limits: processes_max=12 cpu_time_ms=10000 wall_time_ms=30000
import os
import signal
import time

read, write = os.pipe()
if os.fork() == 0:
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    for _ in range(6):
        os.setsid()
        if os.fork() != 0:
            break
    os.write(write, b"x")
    while True:
        time.sleep(3600)
# All seven live before this ends.
seen = 0
while seen < 7:
    seen += len(os.read(read, 7))
