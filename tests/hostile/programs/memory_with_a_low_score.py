# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: asks the kernel to kill anybody else for memory
# limits: memory_bytes=67108864 cpu_time_ms=20000 wall_time_ms=60000
try:
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("-1000")
except OSError:
    pass
keep = []
while True:
    keep.append(bytearray(b"x") * (1 << 20))
