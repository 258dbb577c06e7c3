# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: writes where no limit would count it: below /proc, /sys, /dev and the working folders of others
import os

for folder in ("/proc", "/proc/self", "/proc/1", "/proc/self/fd", "/sys", "/sys/fs/cgroup", "/dev", "/dev/pts", "/dev/fd"):
    for attempt in (lambda: os.mkdir(f"{folder}/mine"), lambda: os.open(f"{folder}/mine", os.O_CREAT | os.O_WRONLY)):
        try:
            attempt()
        except OSError:
            continue
        raise AssertionError(f"something could be made in {folder}")
