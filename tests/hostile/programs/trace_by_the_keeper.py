# verdict: FAILED
# cause: SIGNALED
# fault: PROGRAM
# attack: makes its parent, the keeper, its tracer, which would then have to deal with each of its signals
import ctypes
import os
import signal

TRACEME = 0
assert ctypes.CDLL(None).ptrace(TRACEME, 0, None, None) == -1
os.kill(os.getpid(), signal.SIGTRAP)
