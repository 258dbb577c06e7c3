# verdict: FAILED
# cause: OUTPUT_LIMIT
# fault: PROGRAM
# attack: writes without end while the tests wait for an answer
# limits: cpu_time_ms=30000 wall_time_ms=60000
# tests: assert f() == 1
import os


def f():
    while True:
        os.write(1, b"x" * 65536)
