# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: grows while the tests wait for an answer
# limits: memory_bytes=67108864 cpu_time_ms=20000 wall_time_ms=60000
# tests: assert f() == 1
def f():
    keep = []
    while True:
        keep.append(bytearray(b"x") * (1 << 20))
