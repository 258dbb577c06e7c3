# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: lets the kernel touch the memory for it
# limits: memory_bytes=67108864 cpu_time_ms=20000 wall_time_ms=60000
import mmap

area = mmap.mmap(-1, 1 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
for place in range(0, len(area), mmap.PAGESIZE):
    area[place] = 1
