# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: finishes, and spins in an exit handler
# limits: cpu_time_ms=300 wall_time_ms=30000
import atexit


@atexit.register
def spin():
    while True:
        pass
