# attack: hides its work in what is called for it: the flush of its output, and the message of its exception
# shape: action
# causes: CPU_TIME_LIMIT
# limits: cpu_time_ms=500 wall_time_ms=8000
# costly: half a second of CPU and more
# moments: call import
import sys


class Stream:
    def write(self, text):
        return len(text)

    def flush(self):
        while True:
            pass


class Failure(Exception):
    def __str__(self):
        while True:
            pass


def attack() -> None:
    sys.stdout = Stream()
    raise Failure
