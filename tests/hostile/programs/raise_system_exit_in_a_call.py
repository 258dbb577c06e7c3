# verdict: FAILED
# cause: EXCEPTION
# fault: PROGRAM
# attack: raises SystemExit(0) through the caller
# tests: assert f() == 1
def f():
    raise SystemExit(0)
