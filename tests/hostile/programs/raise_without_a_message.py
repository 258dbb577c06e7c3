# verdict: FAILED
# cause: EXCEPTION
# fault: PROGRAM
# attack: raises exceptions whose message raises, and that raise when they are looked at
# tests: assert f() == 1
class Shy(Exception):
    def __str__(self):
        raise self

    __repr__ = __str__

    def __getattribute__(self, name):
        raise Shy


def f():
    raise Shy
