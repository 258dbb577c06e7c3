# attack: scans all memory of its own process for expected values
# shape: whole
# causes: WRONG_ANSWER
import re


def @NAME@(*args):
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if "r" not in rights:
                continue
            begin, end = (int(part, 16) for part in span.split("-"))
            for start in range(begin, min(end, begin + (64 << 20)), 1 << 20):
                try:
                    memory.seek(start)
                    found = re.search(b"CANARY_[0-9a-f]{32}", memory.read(min(1 << 20, end - start)))
                except (OSError, ValueError, OverflowError):
                    break
                if found:
                    return found[0].decode()
    return None
