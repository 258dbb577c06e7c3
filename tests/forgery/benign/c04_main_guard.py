# benign: has a main function behind the usual guard, which would exit
# shape: whole
# tests: assert @NAME@([3, 1]) == [1, 3]
import sys


def @NAME@(values):
    return sorted(values)


def main():
    print(@NAME@([int(line) for line in sys.stdin]))
    return 1


if __name__ == "__main__":
    sys.exit(main())
