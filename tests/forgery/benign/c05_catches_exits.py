# benign: raises and catches SystemExit, KeyboardInterrupt and other base exceptions itself
# shape: whole
# tests: assert @NAME@("3") == 3
# tests: assert @NAME@("x") == -1
# tests: assert @NAME@("") == 0
import argparse
import sys


def @NAME@(text):
    parser = argparse.ArgumentParser()
    parser.add_argument("value", type=int)
    try:
        if not text:
            sys.exit(0)
        return parser.parse_args([text]).value
    except SystemExit as error:
        try:
            raise KeyboardInterrupt from error
        except BaseException:
            return -1 if error.code else 0
