# benign: uses about 80 percent of its memory
# shape: whole
# limits: memory_bytes=134217728 cpu_time_ms=6000 wall_time_ms=40000
# tests: assert @NAME@(98) == 98 << 20
def @NAME@(mebibytes):
    kept = bytearray(b"\1") * (mebibytes << 20)
    return sum(memoryview(kept)[:: 1 << 20]) << 20
