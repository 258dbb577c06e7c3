# verdict: FAILED
# cause: SIGNALED
# fault: PROGRAM
# attack: aborts while the tests wait for an answer
# tests: assert f() == 1
import os


def f():
    os.abort()
