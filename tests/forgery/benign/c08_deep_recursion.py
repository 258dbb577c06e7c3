# benign: recurses 10 thousand deep, with the limit raised
# shape: whole
# tests: assert @NAME@(10_000) == 10_000
import sys

sys.setrecursionlimit(20_000)


def @NAME@(depth):
    return 0 if depth == 0 else 1 + @NAME@(depth - 1)
