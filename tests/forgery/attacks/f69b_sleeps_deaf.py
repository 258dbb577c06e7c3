# attack: ignores and blocks every signal, and sleeps for ever
# shape: action
# causes: WALL_TIME_LIMIT
# limits: cpu_time_ms=5000 wall_time_ms=700
# moments: import call late
import signal


def attack() -> None:
    for number in signal.valid_signals():
        try:
            signal.signal(number, lambda *args: None)
        except (OSError, ValueError):
            pass
    while True:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        signal.sigtimedwait([], 3600)
