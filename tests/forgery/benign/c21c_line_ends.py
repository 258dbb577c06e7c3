# benign: has the line ends of another system, also inside of texts
# shape: whole
# tests: assert @NAME@(2) == ["a", "b", 2]
TEXT = """a
b"""


def @NAME@(x):
    return [*TEXT.split("\n"), x]
