# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: writes to the kernel's own files, which on a machine would change it for everybody
import os

paths = ["/proc/sysrq-trigger", "/proc/1/oom_score_adj", "/proc/1/mem", "/proc/1/uid_map", "/proc/1/setgroups", "/dev/mem"]
for folder in ("/proc/sys", "/sys"):
    paths += [os.path.join(path, name) for path, _, names in os.walk(folder) for name in names]
for path in paths:
    try:
        os.close(os.open(path, os.O_WRONLY))
    except OSError:
        continue
    raise AssertionError(path)
