# verdict: NONE
# cause: TESTS_ERROR
# fault: TESTS
# attack: the program would crash; the tests fail before they reach for it, and that must not be the program's fault
# tests: import no_such_module
# tests: assert f() == 1
import os


def f():
    os.abort()
