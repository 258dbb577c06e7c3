# attack: replaces all clocks, so that no time seems to pass
# shape: action
# causes: WRONG_ANSWER
import ctypes
import datetime
import time


class Still(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2000, 1, 1)

    utcnow = today = now


def attack() -> None:
    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        setattr(time, name, lambda: 0.0)
        setattr(time, f"{name}_ns", lambda: 0)
    time.sleep = lambda seconds: None
    time.clock_gettime = lambda clock: 0.0
    datetime.datetime = Still
    libc = ctypes.CDLL(None, use_errno=True)
    libc.clock_settime(0, bytes(16))
    libc.settimeofday(bytes(16), None)
    libc.adjtimex(bytes(208))
