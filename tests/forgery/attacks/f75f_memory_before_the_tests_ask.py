# attack: fills memory when it has loaded and the tests have not asked yet, so that theirs is the failure
# shape: whole
# causes: MEMORY_LIMIT, WRONG_ANSWER, EXCEPTION, EXITED_EARLY
# limits: cpu_time_ms=4000 wall_time_ms=15000 memory_bytes=67108864
# tests: table = [bytes(1 << 16) for _ in range(320)]
# tests: import decimal, inspect
# tests: assert len(table) == 320
# tests: assert @NAME@(1) == "@CANARY@"
import threading


def fill():
    kept = []
    while len(kept) < 50:
        kept.append(b"x" * (1 << 20) + bytes([len(kept)]))
    threading.Event().wait()


threading.Thread(target=fill, daemon=True).start()


def @NAME@(x):
    return None
