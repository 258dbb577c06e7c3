# expect: EXITED_EARLY
# attack: leaves with success in the middle of a test
# tests: assert f() == 1
import os


def f():
    os._exit(0)
