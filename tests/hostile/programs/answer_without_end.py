# verdict: FAILED
# cause: PROTOCOL_VIOLATION
# fault: PROGRAM
# attack: writes to the pipe of the tests without end, to fill their memory
# limits: cpu_time_ms=20000 wall_time_ms=60000
# tests: assert f() == 1
import os


def f():
    while True:
        os.write(4, b"R" * 65536)
