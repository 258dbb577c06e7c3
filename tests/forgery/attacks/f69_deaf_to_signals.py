# attack: ignores and blocks every signal, and computes for ever
# shape: action
# causes: CPU_TIME_LIMIT
# limits: cpu_time_ms=500 wall_time_ms=6000
# costly: half a second of CPU and more
# moments: import call late
import signal


def attack() -> None:
    for number in signal.valid_signals():
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        pass
