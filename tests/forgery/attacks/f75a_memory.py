# attack: takes more memory than there is, to be mistaken for a fault of the service
# shape: action
# causes: MEMORY_LIMIT, WRONG_ANSWER
# limits: cpu_time_ms=5000 wall_time_ms=20000 memory_bytes=67108864
import threading


def attack() -> None:
    kept = []
    while True:
        kept.append(b"x" * (4 << 20) + bytes([len(kept) % 256]))
        if len(kept) > 64:
            break
