# attack: texts as long as may be, against tests that replace, split, compare and show them
# shape: whole
# causes: WRONG_ANSWER, CPU_TIME_LIMIT, EXCEPTION, MEMORY_LIMIT
# limits: cpu_time_ms=3000 wall_time_ms=15000
# costly: half a second of CPU and more
# tests: import difflib
# tests: def test_shown():
# tests:     got = @NAME@(1)
# tests:     assert got == "@CANARY@", f"got {got}"
# tests: def test_split():
# tests:     assert @NAME@(2).split() == ["@CANARY@"]
# tests: def test_ratio():
# tests:     assert difflib.SequenceMatcher(None, @NAME@(3)[:2000], "@CANARY@" * 40).ratio() == 1
def @NAME@(x):
    return ("\U0001f600" * ((4 << 20) - 64), "a " * ((8 << 20) - 64), "ab" * 1000)[x - 1]
