# verdict: FAILED
# cause: MEMORY_LIMIT
# fault: PROGRAM
# attack: raises the interpreter's own limit and recurses without end
# limits: memory_bytes=67108864 cpu_time_ms=20000 wall_time_ms=60000
import sys

sys.setrecursionlimit(2**31 - 1)


def f(n):
    keep = [n] * 100
    return f(n + 1)


f(0)
