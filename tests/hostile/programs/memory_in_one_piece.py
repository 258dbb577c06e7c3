# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: one allocation of a TiB, all of it written to
# limits: memory_bytes=67108864 cpu_time_ms=20000 wall_time_ms=60000
bytearray(1 << 40)
