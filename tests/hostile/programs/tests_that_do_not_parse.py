# verdict: NONE
# cause: TESTS_ERROR
# fault: TESTS
# attack: none of the program: the tests are no Python, and that must not be the program's fault
# tests: assert f( == 1
def f():
    return 1
