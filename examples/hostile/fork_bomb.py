# expect: ALL_TESTS_PASSED
# attack: start processes until the kernel refuses; the box lets a few dozen live and the machine notices nothing
import os
import signal
import sys

children = []
refused = None
while len(children) < 10_000:
    try:
        children.append(os.posix_spawn("/bin/sleep", ["sleep", "60"], {}))
    except OSError as error:
        refused = error
        break

for child in children:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)

print(f"{len(children)} children, then: {refused!r}")
sys.exit(0 if refused else 1)
