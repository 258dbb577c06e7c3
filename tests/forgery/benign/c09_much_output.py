# benign: prints 900 KiB, somewhat less than what is kept
# shape: whole
# tests: assert @NAME@(900) == 921_600
import sys


def @NAME@(kibibytes):
    line = "x" * 1023 + "\n"
    return sum(sys.stdout.write(line) for _ in range(kibibytes))
