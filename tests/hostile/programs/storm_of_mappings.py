# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: maps, protects and unmaps without end
# limits: cpu_time_ms=300 wall_time_ms=30000
import ctypes
import mmap

libc = ctypes.CDLL(None)
while True:
    areas = [mmap.mmap(-1, 4 * mmap.PAGESIZE) for _ in range(64)]
    for area in areas:
        address = ctypes.addressof(ctypes.c_char.from_buffer(area))
        libc.mprotect(ctypes.c_void_p(address + mmap.PAGESIZE), mmap.PAGESIZE, 0)
