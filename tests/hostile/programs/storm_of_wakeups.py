# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: threads that do nothing but wake each other
# limits: cpu_time_ms=300 wall_time_ms=30000
import threading


def play(mine, yours):
    while True:
        mine.acquire()
        yours.release()


for _ in range(4):
    ping, pong = threading.Lock(), threading.Lock()
    pong.acquire()
    threading.Thread(target=play, args=(ping, pong)).start()
    threading.Thread(target=play, args=(pong, ping)).start()
