# attack: while it loads, it waits for questions, before it has said that it has loaded
# shape: whole
# causes: WRONG_ANSWER
import os
import re
import select

wait = select.poll()
wait.register(3, select.POLLIN)
wait.register(0, select.POLLIN)
seen = b""
if wait.poll(100):
    for fd in (3, 0):
        os.set_blocking(fd, False)
        try:
            seen += os.read(fd, 65536)
        except OSError:
            pass
        os.set_blocking(fd, True)
found = re.search(rb"CANARY_[0-9a-f]{32}", seen)


def @NAME@(*args):
    return found[0].decode() if found else None
