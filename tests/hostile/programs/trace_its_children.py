# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: traces a child: attaches, looks, continues, detaches, without end
# limits: cpu_time_ms=800 wall_time_ms=30000
import ctypes
import os

ATTACH, DETACH, PEEK = 16, 17, 1
libc = ctypes.CDLL(None, use_errno=True)
child = os.fork()
if child == 0:
    while True:
        os.getppid()
while True:
    if libc.ptrace(ATTACH, child, None, None) == 0:
        os.waitpid(child, 0)
        libc.ptrace(PEEK, child, ctypes.c_void_p(id(libc)), None)
        libc.ptrace(DETACH, child, None, None)
