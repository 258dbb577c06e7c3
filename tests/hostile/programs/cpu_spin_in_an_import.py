# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: spins in a module that it writes to /tmp and imports
# limits: cpu_time_ms=300 wall_time_ms=30000
import sys

with open("/tmp/endless.py", "w") as file:
    file.write("while True:\n    pass\n")
sys.path.insert(0, "/tmp")
import endless
