# attack: long lists that differ in the last item only, against tests that show the difference
# shape: whole
# causes: WRONG_ANSWER, CPU_TIME_LIMIT, EXCEPTION
# limits: cpu_time_ms=1500 wall_time_ms=12000
# costly: half a second of CPU and more
# tests: import unittest
# tests: wanted = [[number, str(number)] for number in range(2000)] + ["@CANARY@"]
# tests: case = unittest.TestCase()
# tests: case.maxDiff = None
# tests: case.assertEqual(@NAME@(1), wanted)
def @NAME@(x):
    return [[number, str(number) if number % 2 else f"{number} "] for number in range(2000)] + ["wrong"]
