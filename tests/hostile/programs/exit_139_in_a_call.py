# verdict: FAILED
# cause: EXITED_EARLY
# fault: PROGRAM
# attack: pretends in the middle of a test to have crashed
# tests: assert f() == 1
import os


def f():
    os._exit(139)
