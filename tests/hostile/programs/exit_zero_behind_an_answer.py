# verdict: FAILED
# cause: EXITED_EARLY
# fault: PROGRAM
# attack: answers one test rightly and leaves with success before the next
# tests: def test_one(): assert f() == 1
# tests: def test_two(): assert g() == 2
import os


def f():
    return 1


def g():
    os._exit(0)
