# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: kills, stops, traces and limits pid 1, which would report how the program ended
import os
import resource
import signal

for number in (signal.SIGINT, signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):
    try:
        os.kill(1, number)
    except PermissionError:
        continue
    raise AssertionError(number)
for kind in (resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_CPU):
    try:
        resource.prlimit(1, kind, (0, 0))
    except PermissionError:
        continue
    raise AssertionError(kind)
try:
    os.pidfd_open(1)
except PermissionError:
    pass
else:
    raise AssertionError("pidfd_open")
