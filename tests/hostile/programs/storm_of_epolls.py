# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: epolls that watch epolls that watch a pipe which is always ready
# limits: cpu_time_ms=300 wall_time_ms=30000
import os
import select

read, write = os.pipe()
os.write(write, b"x")
watched = read
epolls = []
for _ in range(4):
    epoll = select.epoll()
    epoll.register(watched, select.EPOLLIN)
    epolls.append(epoll)
    watched = epoll.fileno()
while True:
    for epoll in epolls:
        epoll.poll(0)
    epolls[0].modify(read, 0)
    epolls[0].modify(read, select.EPOLLIN)
