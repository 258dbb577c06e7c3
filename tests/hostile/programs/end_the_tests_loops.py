# verdict: FAILED
# cause: EXCEPTION
# fault: PROGRAM
# attack: raises StopIteration, which would end the tests' own loops in silence
# tests: for got in map(f, [1, 2, 3]): assert got == 1
def f(x):
    raise StopIteration
