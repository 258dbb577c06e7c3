# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: a few hundred kilobytes that become a gigabyte
# limits: memory_bytes=67108864 cpu_time_ms=20000 wall_time_ms=60000
import lzma

lzma.decompress(lzma.compress(bytes(4 << 20), preset=0) * 256)
