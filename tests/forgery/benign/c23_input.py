# benign: reads its input, which is empty when functions are tested, and from a stream of its own
# shape: whole
# tests: assert @NAME@("3\n4\n") == 7
# tests: assert @NAME@("") == 0
import io
import sys

try:
    first = input("how many? ")
except EOFError:
    first = ""


def @NAME@(text):
    sys.stdin = io.StringIO(text)
    total = 0
    while True:
        try:
            total += int(input())
        except EOFError:
            return total
