# expect: ALL_TESTS_PASSED
# attack: fork until the kernel refuses; the box lets a few dozen live and the machine notices nothing
import os
import signal
import sys

children = []
refused = None
while len(children) < 10_000:
    try:
        child = os.fork()
    except OSError as error:
        refused = error
        break
    if child == 0:
        signal.pause()
        os._exit(0)
    children.append(child)

for child in children:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)

print(f"{len(children)} children, then: {refused!r}")
sys.exit(0 if refused else 1)
