# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: mounts, changes its user, makes devices, loads modules
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
refused = {
    "mount": lambda: libc.mount(b"none", b"/mnt", b"tmpfs", 0, None),
    "umount": lambda: libc.umount2(b"/proc", 2),
    "setuid": lambda: libc.setuid(0),
    "chroot": lambda: libc.chroot(b"/tmp"),
    "sethostname": lambda: libc.sethostname(b"x", 1),
    "mknod": lambda: libc.mknod(b"/tmp/null", 0o20666, os.makedev(1, 3)),
    "ptrace the keeper": lambda: libc.ptrace(16, 1, 0, 0),
    "setns": lambda: libc.setns(os.open("/proc/self/ns/user", os.O_RDONLY), 0),
}
for name, attempt in refused.items():
    try:
        result = attempt()
    except OSError:
        continue
    assert result != 0, f"{name} was allowed"
