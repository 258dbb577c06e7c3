# verdict: FAILED
# cause: EXITED_EARLY
# fault: PROGRAM
# attack: becomes /bin/true while the tests wait
# tests: assert f() == 1
import os


def f():
    os.execv("/bin/true", ["true"])
