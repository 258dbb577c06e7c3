# attack: returns ranges that are short to send and long to look at
# shape: whole
# causes: WRONG_ANSWER, EXCEPTION, MEMORY_LIMIT, CPU_TIME_LIMIT
# limits: cpu_time_ms=800 wall_time_ms=8000 memory_bytes=100663296
# tests: def test_equal():
# tests:     assert @NAME@(1) == [1, 2, 3], "@CANARY@"
# tests: def test_length():
# tests:     assert len(@NAME@(2)) == 3
# tests: def test_list():
# tests:     assert list(@NAME@(3)) == [1, 2, 3]
# tests: def test_sum():
# tests:     assert sum(@NAME@(4)) == 6
def @NAME@(x):
    return (range(0), range(0), range(10**400), range(-(10**12), 10**12), range(10**9, 0, -1))[x]
