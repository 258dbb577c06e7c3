# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: replaces itself by a new interpreter again and again: no process of it lives long
# limits: cpu_time_ms=300 wall_time_ms=30000
import os
import sys

again = "import os, sys; os.execv(sys.executable, [sys.executable, '-ISc', sys.argv[1], sys.argv[1]])"
os.execv(sys.executable, [sys.executable, "-ISc", again, again])
