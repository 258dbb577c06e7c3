# verdict: FAILED
# cause: EXCEPTION
# fault: PROGRAM
# attack: returns a list that is in itself, like the tests' own, so that comparing them never ends
# tests: mine = []
# tests: mine.append(mine)
# tests: assert f() == mine
def f():
    value = []
    value.append(value)
    return value
