# verdict: FAILED
# cause: UNSUPPORTED_VALUE
# fault: PROGRAM
# attack: returns a list in a list in a list, deeper than any comparison could follow
# tests: assert f() == 1
def f():
    value = []
    for _ in range(100_000):
        value = [value]
    return value
