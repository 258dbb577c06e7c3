# attack: decimals that are short to send and long as integers, and fractions that are slow to reduce
# shape: whole
# causes: WRONG_ANSWER, EXCEPTION, CPU_TIME_LIMIT, MEMORY_LIMIT
# limits: cpu_time_ms=1500 wall_time_ms=12000 memory_bytes=67108864
# tests: def test_near():
# tests:     assert abs(@NAME@(1) - 3) < 1, "@CANARY@"
# tests: def test_whole():
# tests:     assert int(@NAME@(2)) == 3
# tests: def test_round():
# tests:     assert round(@NAME@(3)) == 3
# tests: def test_shown():
# tests:     assert f"{@NAME@(4):f}" == "3"
import decimal


def @NAME@(x):
    return decimal.Decimal("1E+999999999")
