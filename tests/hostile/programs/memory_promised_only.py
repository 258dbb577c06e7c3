# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: maps 16 TiB and touches none of it; what is not used must not count
# limits: memory_bytes=67108864
import mmap

areas = [mmap.mmap(-1, 1 << 40) for _ in range(16)]
areas[0][0] = areas[-1][-1] = 1
