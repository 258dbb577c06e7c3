# attack: values for which the tests' own lines raise what nobody expects of them: recursion, overflow, memory, encoding
# shape: whole
# causes: WRONG_ANSWER, EXCEPTION, MEMORY_LIMIT, CPU_TIME_LIMIT
# limits: cpu_time_ms=800 wall_time_ms=9000 memory_bytes=134217728
# costly: half a second of CPU and more
# tests: import json
# tests: def test_multiply():
# tests:     assert "ab" * @NAME@(1) == "@CANARY@"
# tests: def test_power():
# tests:     assert 2 ** @NAME@(2) == 4
# tests: def test_print():
# tests:     got = @NAME@(3)
# tests:     print(got)
# tests:     assert got.encode() == b"@CANARY@"
# tests: def test_range():
# tests:     assert list(range(@NAME@(4))) == [0, 1]
# tests: def test_format():
# tests:     assert ("%" + @NAME@(5) + "d") % 3 == "3"
# tests: def test_loads():
# tests:     assert json.loads(@NAME@(6)) == ["@CANARY@"]
# tests: def test_shift():
# tests:     assert 1 << @NAME@(7) == 8
def @NAME@(x):
    return (1 << 62, 10**9, "\ud800" * 10, 10**13, "1000000000", "[" * 100_000, 1 << 40)[x - 1]
