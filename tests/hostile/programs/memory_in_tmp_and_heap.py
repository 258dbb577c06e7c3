# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: fills /tmp and the heap together, each within its own limit
# limits: memory_bytes=67108864 disk_bytes=50331648 cpu_time_ms=20000 wall_time_ms=60000
with open("/tmp/half", "wb", buffering=0) as file:
    for _ in range(44):
        file.write(bytes(1 << 20))
keep = bytearray(b"x") * (44 << 20)
