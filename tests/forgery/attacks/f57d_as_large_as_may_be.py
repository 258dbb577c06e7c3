# attack: a value of 16 MiB that is one long text, answered to each call
# shape: whole
# causes: WRONG_ANSWER, PROTOCOL_VIOLATION, MEMORY_LIMIT, CPU_TIME_LIMIT
# limits: cpu_time_ms=3000 wall_time_ms=9000
# costly: half a second of CPU and more
# tests: def test_one():
# tests:     assert @NAME@(1) == "@CANARY@", "wrong"
# tests: def test_two():
# tests:     assert @NAME@(2) in "@CANARY@"
# tests: def test_three():
# tests:     assert "@CANARY@" in @NAME@(3)
def @NAME@(x):
    return "C" * ((16 << 20) - 64)
