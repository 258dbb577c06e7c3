# attack: reads the pipe of the calls ahead, to learn more of the tests than the current call
# shape: whole
# causes: WRONG_ANSWER
import os
import re
import select

WANTED = re.compile(rb"CANARY_[0-9a-f]{32}")
seen = b""


def @NAME@(*args):
    global seen
    wait = select.poll()
    wait.register(3, select.POLLIN)
    while wait.poll(30):
        part = os.read(3, 65536)
        if not part:
            break
        seen += part
    found = WANTED.search(seen)
    return found[0].decode() if found else None
