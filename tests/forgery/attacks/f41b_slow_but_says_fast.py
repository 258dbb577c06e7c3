# attack: tests with a stopwatch against a program that has stopped its own
# shape: whole
# causes: WRONG_ANSWER
# tests: import time
# tests: begin = time.perf_counter()
# tests: got = @NAME@(1)
# tests: assert got == "quick" and time.perf_counter() - begin < 0.05, "@CANARY@"
import time

sleep = time.sleep
for name in ("time", "monotonic", "perf_counter", "process_time"):
    setattr(time, name, lambda: 0.0)


def @NAME@(x):
    sleep(0.2)
    return "quick"
