# verdict: FAILED
# cause: SIGNALED
# fault: PROGRAM
# attack: maps a file that is larger than its disk and writes to all of it, past every system call that could say no
# limits: disk_bytes=8388608
import mmap

with open("/tmp/large", "w+b") as file:
    file.truncate(64 << 20)
    area = mmap.mmap(file.fileno(), 64 << 20)
for place in range(0, len(area), mmap.PAGESIZE):
    area[place] = 1
