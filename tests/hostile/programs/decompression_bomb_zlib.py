# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: a megabyte that becomes a gigabyte
# limits: memory_bytes=67108864 cpu_time_ms=20000 wall_time_ms=60000
import zlib

packer = zlib.compressobj(9, zlib.DEFLATED, -15)
block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
zlib.decompress(block * 1024, -15)
