# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: fills /tmp with files that have no name any more; must see ENOSPC, and the room again when they are closed
# limits: disk_bytes=8388608
import errno
import os

held = []
try:
    while len(held) < 100:
        held.append(os.open("/tmp/gone", os.O_CREAT | os.O_EXCL | os.O_RDWR))
        os.unlink("/tmp/gone")
        written = 0
        while written < 1 << 20:
            written += os.write(held[-1], bytes((1 << 20) - written))
except OSError as error:
    assert error.errno == errno.ENOSPC, error
assert 7 <= len(held) <= 9, len(held)
assert os.listdir("/tmp") == []
for file in held:
    os.close(file)
with open("/tmp/again", "wb") as file:
    file.write(bytes(4 << 20))
