# attack: hides its work in a destructor, at import, and in a hash that the box asks for
# shape: whole
# causes: CPU_TIME_LIMIT
# limits: cpu_time_ms=500 wall_time_ms=8000
# costly: half a second of CPU and more
import random


def work():
    while True:
        pass


class Late:
    def __del__(self):
        work()

    def __hash__(self):
        work()

    @property
    def __dict__(self):
        work()


moment = random.randrange(3)
if moment == 0:
    late = Late()
    del late


def @NAME@(*args):
    if moment == 1:
        return {Late(): 1}
    late = Late()
    vars(late) if moment == 2 else None
    return None
