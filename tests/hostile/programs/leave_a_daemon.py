# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: leaves a daemon behind that outlives its parent and writes on
import os
import sys
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            try:
                os.write(1, b"still here\n")
            except OSError:
                pass
            time.sleep(0.001)
    os._exit(0)
sys.exit(0)
