# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: touches memory and gives it back without end: never much at once, and it must not be taken for too much
# limits: cpu_time_ms=800 wall_time_ms=30000 memory_bytes=67108864
import mmap

area = mmap.mmap(-1, 16 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
while True:
    for place in range(0, len(area), mmap.PAGESIZE):
        area[place] = 1
    area.madvise(mmap.MADV_DONTNEED)
