# verdict: FAILED
# cause: WRONG_ANSWER
# fault: PROGRAM
# attack: returns values that the tests put into their message: no encoding takes the text, no limit the number's digits
# tests: assert f() == 1, (f(), g())
def f():
    return "\ud800\x00\x1b[2J\u202e"


def g():
    return -(1 << 100_000)
