# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: up to 64 processes spin, so that no one of them uses much
# limits: cpu_time_ms=1000 processes_max=80 wall_time_ms=30000
import os
import subprocess

for _ in range(64):
    subprocess.Popen(["/bin/sh", "-c", "while :; do :; done"])
os.wait()
