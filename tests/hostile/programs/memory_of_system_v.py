# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: System V shared memory, which no process has to hold; must see EPERM
# limits: memory_bytes=67108864 cpu_time_ms=20000 wall_time_ms=60000
import ctypes
import errno

libc = ctypes.CDLL(None, use_errno=True)
for _ in range(100):
    assert libc.shmget(0, ctypes.c_size_t(16 << 20), 0o1600) == -1
    assert ctypes.get_errno() == errno.EPERM
