# verdict: FAILED
# cause: EXITED_EARLY
# fault: PROGRAM
# attack: leaves with success in the middle of a test
# tests: assert f() == 1
import os


def f():
    os._exit(0)
