# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: looks up names in the root file system without end
# limits: cpu_time_ms=300 wall_time_ms=30000
import os

while True:
    for path in ("/usr/bin/env", "/no/such", "/proc/self/status", "/tmp/../tmp/../etc/passwd"):
        try:
            os.stat(path)
        except OSError:
            pass
