# verdict: FAILED
# cause: EXITED_EARLY
# fault: PROGRAM
# attack: a thread ends the process while the tests wait for an answer
# tests: assert f() == 1
import os
import threading


def f():
    threading.Thread(target=os._exit, args=(-1,)).start()
    threading.Event().wait()
