# verdict: FAILED
# cause: EXCEPTION
# fault: PROGRAM
# attack: raises what a test framework takes for a skip
# tests: assert f() == 1
import unittest


def f():
    raise unittest.SkipTest("no need")
