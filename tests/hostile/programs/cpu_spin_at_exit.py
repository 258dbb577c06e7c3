# expect: CPU_TIME_LIMIT
# attack: finishes, and spins in an exit handler
# limits: cpu_time_ms=500
import atexit


@atexit.register
def spin():
    while True:
        pass
