# attack: computes for ever and catches whatever might stop it
# shape: action
# causes: CPU_TIME_LIMIT
# limits: cpu_time_ms=500 wall_time_ms=6000
# costly: half a second of CPU and more
# moments: import call late
def attack() -> None:
    while True:
        try:
            while True:
                try:
                    sum(range(1000))
                finally:
                    continue
        except BaseException:
            pass
