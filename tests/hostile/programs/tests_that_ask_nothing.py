# verdict: NONE
# cause: TESTS_ERROR
# fault: TESTS
# attack: the tests never use the program, whatever it is; that must be no pass
# tests: assert 1 + 1 == 2
def f():
    return 2
