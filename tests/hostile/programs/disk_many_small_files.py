# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: thousands of empty files with the longest names there are; must be gone with the box
# limits: cpu_time_ms=20000 wall_time_ms=60000
import errno
import os

for number in range(3_000):
    os.close(os.open(f"/tmp/{number:0255}", os.O_CREAT | os.O_WRONLY))
assert len(os.listdir("/tmp")) == 3_000
try:
    os.mkdir("/tmp/" + "x" * 256)
except OSError as error:
    assert error.errno == errno.ENAMETOOLONG, error
else:
    raise AssertionError("a name of 256 bytes was taken")
