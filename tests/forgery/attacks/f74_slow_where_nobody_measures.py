# attack: quick in the tests that are measured and slow in the others
# shape: whole
# causes: CPU_TIME_LIMIT
# limits: cpu_time_ms=600 wall_time_ms=8000 test_cpu_time_ms=550
# costly: half a second of CPU and more
# tests: import time
# tests: def test_quick():
# tests:     begin = time.perf_counter()
# tests:     @NAME@("quick")
# tests:     assert time.perf_counter() - begin < 60
# tests: def test_a():
# tests:     assert @NAME@("a") == "@CANARY@"
# tests: def test_b():
# tests:     assert @NAME@("b") == "@CANARY@"
# tests: def test_c():
# tests:     assert @NAME@("c") == "@CANARY@"
import time


def @NAME@(x):
    end = time.process_time() + (0 if x == "quick" else 0.4)
    while time.process_time() < end:
        pass
    return x
