# attack: scans all memory of its own process for expected values, by the file of it and by system calls
# shape: whole
# causes: WRONG_ANSWER
import ctypes
import os
import re

WANTED = re.compile(b"CANARY_[0-9a-f]{32}")
libc = ctypes.CDLL(None, use_errno=True)


def pieces(begin, end):
    try:
        with open("/proc/self/mem", "rb", 0) as memory:
            memory.seek(begin)
            yield memory.read(min(end - begin, 16 << 20))
    except (OSError, ValueError, OverflowError):
        pass
    # A write from where nothing can be read fails and does no harm.
    copy = os.memfd_create("copy")
    for start in range(begin, min(end, begin + (16 << 20)), 1 << 20):
        libc.write(copy, ctypes.c_void_p(start), ctypes.c_size_t(min(1 << 20, end - start)))
    size = os.lseek(copy, 0, os.SEEK_CUR)
    yield os.pread(copy, size, 0)
    os.close(copy)


def @NAME@(*args):
    with open("/proc/self/maps") as maps:
        lines = maps.read().splitlines()
    for line in lines:
        span, rights = line.split()[:2]
        # What belongs to a file of the image cannot hold anything of a job.
        if "w" not in rights and "/usr/" in line:
            continue
        begin, end = (int(part, 16) for part in span.split("-"))
        for piece in pieces(begin, end):
            found = WANTED.search(piece)
            if found:
                return found[0].decode()
    return None
