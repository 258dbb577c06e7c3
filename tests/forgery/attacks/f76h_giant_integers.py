# attack: integers of a million digits, against tests that print them, and in messages of exceptions
# shape: whole
# causes: WRONG_ANSWER, EXCEPTION, CPU_TIME_LIMIT
# limits: cpu_time_ms=2500 wall_time_ms=12000
# tests: def test_equal():
# tests:     assert @NAME@(1) == 12, "@CANARY@"
# tests: def test_shown():
# tests:     got = @NAME@(2)
# tests:     assert got == 12, f"{got} is not 12"
# tests: def test_arithmetic():
# tests:     assert @NAME@(3) ** 2 % 1_000_003 == 12
# tests: def test_float():
# tests:     assert abs(@NAME@(4) - 0.5) < 1e-6
# tests: def test_raised():
# tests:     assert @NAME@(5) == 12
# tests: def test_index():
# tests:     assert [1, 2, 3][@NAME@(6)] == 12
def @NAME@(x):
    value = -(1 << 3_321_928) - 1
    if x == 5:
        raise OverflowError(value)
    return value
