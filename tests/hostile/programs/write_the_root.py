# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: writes, renames and unlinks wherever it can think of
import os

for folder, _, _ in os.walk("/", onerror=None):
    if folder.startswith(("/proc", "/sys", "/tmp", "/dev/shm")):
        continue
    target = os.path.join(folder, "mine")
    try:
        with open(target, "w") as file:
            file.write("x")
    except OSError:
        continue
    raise AssertionError(f"{target} could be written")
for path in ("/etc/passwd", "/usr/bin/env", "/opt/sandbox/guest/agent.py"):
    for attempt in (lambda: os.unlink(path), lambda: os.chmod(path, 0o777), lambda: os.rename(path, path + "x")):
        try:
            attempt()
        except OSError:
            continue
        raise AssertionError(f"{path} could be changed")
