# verdict: FAILED
# cause: UNSUPPORTED_VALUE
# fault: PROGRAM
# attack: returns a list that is in itself, which has no end
# tests: assert f() == 1
def f():
    value = []
    value.append(value)
    return value
