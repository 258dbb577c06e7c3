# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: is good in the first case and grows in the second
# limits: memory_bytes=67108864 cpu_time_ms=20000 wall_time_ms=60000
# case: 1\n => one\n
# case: 2\n => two\n
if input() == "2":
    keep = []
    while True:
        keep.append(bytearray(b"x") * (1 << 20))
print("one")
