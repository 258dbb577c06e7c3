# -*- coding: latin-1 -*-
# benign: is not in UTF-8, and says so
# shape: whole
# tests: assert @NAME@(2) == [233, 2]
TEXT = "é"


def @NAME@(x):
    return [ord(TEXT), x]
