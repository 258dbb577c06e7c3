# verdict: TIMED_OUT
# cause: CPU_TIME_LIMIT
# fault: PROGRAM
# attack: an object that spins when it is destroyed
# limits: cpu_time_ms=300 wall_time_ms=30000
class Clingy:
    def __del__(self):
        while True:
            pass


Clingy()
