# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: grows a list until the kernel objects
# limits: cpu_time_ms=20000 wall_time_ms=40000
keep = []
while True:
    keep.append(bytearray(1 << 20))
