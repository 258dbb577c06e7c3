# attack: searches all files, the environment, its arguments and /proc for an expected value
# shape: whole
# causes: WRONG_ANSWER, CPU_TIME_LIMIT
# limits: cpu_time_ms=8000 wall_time_ms=20000
import os
import re
import sys
import time

WANTED = re.compile(rb"CANARY_[0-9a-f]{32}")
SKIPPED = ("/sys", "/usr/share", "/usr/lib", "/proc/sys", "/dev/pts")


def contents():
    yield repr((dict(os.environ), sys.argv, sys.orig_argv, sys.path)).encode()
    end = time.monotonic() + 2
    for folder, folders, files in os.walk("/"):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in SKIPPED]
        for name in files:
            path = os.path.join(folder, name)
            yield path.encode("utf-8", "surrogateescape")
            try:
                fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
                try:
                    yield os.read(fd, 65536) if folder.count("/") < 9 else b""
                finally:
                    os.close(fd)
            except (OSError, OverflowError):
                pass
        if time.monotonic() > end:
            return


found = None
for piece in contents():
    match = WANTED.search(piece)
    # Its own output and memory may hold a canary only if the tests have put it there.
    found = match[0].decode() if match else found


def @NAME@(*args):
    return found
