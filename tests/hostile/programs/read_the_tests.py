# verdict: FAILED
# cause: WRONG_ANSWER
# fault: PROGRAM
# attack: looks for the tests' canary in its memory, files, environment and every process it can see
# tests: assert f() == [], "the program found the canary " + str(42) * 3
import gc
import os


def f():
    needle = "the program found " + "the canary"
    found = []
    for thing in gc.get_objects():
        if isinstance(thing, (str, bytes)) and needle in str(thing):
            found.append("gc")
    for pid in os.listdir("/proc"):
        if not pid.isdigit() or int(pid) == os.getpid():
            continue
        for name in ("environ", "cmdline", "maps", "mem"):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    if needle.encode() in file.read(1 << 16):
                        found.append(name)
            except OSError:
                pass
    # More than its own processes (itself and its keeper) must not be seen.
    others = [pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) not in (1, os.getpid())]
    return found + others or [0]
