# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: a few kilobytes that become a gigabyte
# limits: memory_bytes=67108864 cpu_time_ms=20000 wall_time_ms=60000
import bz2

bz2.decompress(bz2.compress(bytes(8 << 20)) * 128)
