# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: System V shared memory, which no process has to hold
# limits: memory_bytes=67108864 cpu_time_ms=20000 wall_time_ms=60000
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
while True:
    segment = libc.shmget(0, ctypes.c_size_t(16 << 20), 0o1600)
    assert segment >= 0, ctypes.get_errno()
    address = libc.shmat(segment, None, 0)
    ctypes.memset(address, 1, 16 << 20)
    libc.shmdt(ctypes.c_void_p(address))
