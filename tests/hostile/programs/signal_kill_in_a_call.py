# verdict: FAILED
# cause: SIGNALED
# fault: PROGRAM
# attack: dies of SIGKILL while the tests wait for an answer, hoping to be taken for somebody else's kill
# tests: assert f() == 1
import os
import signal


def f():
    os.kill(os.getpid(), signal.SIGKILL)
