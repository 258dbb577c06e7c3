# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: touches shared anonymous memory, which is nobody's heap
# limits: memory_bytes=67108864 cpu_time_ms=20000 wall_time_ms=60000
import mmap

area = mmap.mmap(-1, 1 << 30)
for place in range(0, len(area), mmap.PAGESIZE):
    area[place] = 1
