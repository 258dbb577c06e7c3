# expect: EXITED_EARLY
# attack: becomes /bin/true while the tests wait
# tests: assert f() == 1
import os


def f():
    os.execv("/bin/true", ["true"])
