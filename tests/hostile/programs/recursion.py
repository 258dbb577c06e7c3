# verdict: FAILED
# cause: LOAD_ERROR
# fault: PROGRAM
# attack: recurses without end
def f():
    return f()


f()
