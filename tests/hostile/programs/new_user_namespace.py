# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: makes a user namespace, in which it would be root and could mount what has no size
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
NEW_USER, NEW_NS = 0x10000000, 0x00020000
assert libc.unshare(NEW_USER) == -1
assert libc.unshare(NEW_USER | NEW_NS) == -1
assert libc.syscall(56, NEW_USER | 17, 0, 0, 0, 0) == -1, "clone"
assert libc.syscall(435, 0, 0) == -1, "clone3"
assert libc.mount(b"x", b"/tmp", b"tmpfs", 0, b"size=1g") == -1
assert libc.mount(b"x", b"/usr/lib", b"tmpfs", 0, None) == -1
if os.fork() == 0:
    # A child is under the same filter.
    os._exit(0 if libc.unshare(NEW_USER) == -1 else 1)
assert os.wait()[1] == 0
status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
assert status["Seccomp"] == "2", status["Seccomp"]
