# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: small files, each in a folder of its own, without end
# limits: cpu_time_ms=600 wall_time_ms=30000 memory_bytes=1073741824
import itertools
import os

for number in itertools.count():
    os.mkdir(f"/tmp/{number}")
    os.close(os.open(f"/tmp/{number}/{'x' * 200}", os.O_CREAT | os.O_WRONLY))
