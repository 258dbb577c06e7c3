# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: returns the largest text and the deepest list that may cross; both must arrive whole
# limits: cpu_time_ms=10000 wall_time_ms=30000
# tests: assert text() == "x" * ((16 << 20) - 100)
# tests: deep, depth = nested(), 0
# tests: while deep: deep, depth = deep[0], depth + 1
# tests: assert depth == 98, depth
def text():
    return "x" * ((16 << 20) - 100)


def nested():
    value = []
    for _ in range(98):
        value = [value]
    return value
