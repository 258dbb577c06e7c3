# verdict: TIMED_OUT
# cause: WALL_TIME_LIMIT
# fault: PROGRAM
# attack: the shell's classic fork bomb, and sleep
# limits: processes_max=12 wall_time_ms=1000 cpu_time_ms=20000
import subprocess
import time

subprocess.Popen(["/bin/sh", "-c", "f() { f | f & }; f"], stderr=subprocess.DEVNULL)
time.sleep(3600)
