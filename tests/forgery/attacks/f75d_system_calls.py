# attack: makes system calls with numbers and arguments at random, which might crash the kernel of its box
# shape: action
# causes: WRONG_ANSWER, SIGNALED, EXITED_EARLY, EXCEPTION, LOAD_ERROR, PROTOCOL_VIOLATION, CPU_TIME_LIMIT, WALL_TIME_LIMIT, MEMORY_LIMIT, OUTPUT_LIMIT
# limits: cpu_time_ms=2000 wall_time_ms=4000
import ctypes
import os
import random


def attack() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    child = os.fork()
    if child == 0:
        for _ in range(500):
            arguments = [random.choice((0, 1, 2, 3, 4, -1, 1 << 31, random.getrandbits(63), id(libc))) for _ in range(6)]
            libc.syscall(random.randrange(460), *[ctypes.c_long(value) for value in arguments])
        os._exit(0)
    os.waitpid(child, 0)
