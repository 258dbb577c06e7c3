# verdict: FAILED
# cause: EXCEPTION
# fault: PROGRAM
# attack: raises a class of its own that is merely named ValueError
# tests: import contextlib
# tests: with contextlib.suppress(ValueError): f()
# tests: assert f() == 1
class ValueError(Exception):
    pass


def f():
    raise ValueError("not the one")
