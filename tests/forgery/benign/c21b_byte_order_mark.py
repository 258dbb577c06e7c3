# benign: begins with a byte order mark
# shape: whole
# tests: assert @NAME@("x") == "éx"


def @NAME@(x):
    return "é" + x
