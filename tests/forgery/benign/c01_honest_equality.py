# benign: has classes with equality, order and hashes of their own, and uses them
# shape: whole
# tests: assert @NAME@([[1, 2], [2, 1], [3, 4]]) == [[1, 2], [3, 4]]
# tests: assert @NAME@([]) == []
import functools


@functools.total_ordering
class Pair:
    def __init__(self, first, second):
        self.parts = sorted((first, second))

    def __eq__(self, other):
        return isinstance(other, Pair) and self.parts == other.parts

    def __lt__(self, other):
        return self.parts < other.parts

    def __hash__(self):
        return hash(tuple(self.parts))


def @NAME@(pairs):
    return [pair.parts for pair in sorted({Pair(*pair) for pair in pairs})]
