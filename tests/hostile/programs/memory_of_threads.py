# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: threads grow, each of them little
# limits: memory_bytes=67108864 cpu_time_ms=20000 wall_time_ms=60000
import threading

barrier = threading.Barrier(16)


def grow():
    keep = bytearray(b"x") * (8 << 20)
    barrier.wait()
    return keep


for _ in range(16):
    threading.Thread(target=grow).start()
