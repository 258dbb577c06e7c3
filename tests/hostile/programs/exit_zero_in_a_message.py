# verdict: FAILED
# cause: EXITED_EARLY
# fault: PROGRAM
# attack: raises an exception that exits with success when its message is made
# tests: assert f() == 1
import os


class Farewell(Exception):
    def __str__(self):
        os._exit(0)


def f():
    raise Farewell
