# verdict: FAILED
# cause: EXCEPTION
# fault: PROGRAM
# attack: raises a subclass of StopIteration inside all(map(...))
# tests: assert all(map(f, [1, 2, 3]))
class Done(StopIteration):
    pass


def f(x):
    raise Done
