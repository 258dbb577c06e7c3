# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: two processes pass one byte to and fro without end
# limits: cpu_time_ms=300 wall_time_ms=30000
import os

there, back = os.pipe(), os.pipe()
mine, yours = (there, back) if os.fork() else (back, there)
os.write(yours[1], b"x")
while True:
    os.write(yours[1], os.read(mine[0], 1))
