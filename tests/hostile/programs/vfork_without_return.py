# verdict: TIMED_OUT
# cause: WALL_TIME_LIMIT
# fault: PROGRAM
# attack: borrows its own memory to a vfork child that never gives it back: nothing of the program runs or can be signalled
# limits: wall_time_ms=400
import ctypes

libc = ctypes.CDLL(None)
if libc.vfork() == 0:
    libc.sleep(3600)
