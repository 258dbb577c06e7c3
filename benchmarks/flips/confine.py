"""Starts the unsandboxed harness where strangers' code can do little. Run as root by `unshare`, in new namespaces.

    python -I confine.py BYTES_OF_MEMORY COMMAND...

No network and no other process is in sight already. Here every file system becomes read-only, but for a tmpfs at
/dev/shm; then the command runs as nobody, with limits. This process stays behind as the first of its pid namespace: it
collects what is left by processes that died, and when it ends the kernel ends everything else. It is no sandbox: the
kernel is the host's. Real samples of a code model are careless and not hostile; hostile programs belong in a box.
"""

import ctypes
import os
import resource
import subprocess
import sys

NOBODY = 65534
WRITABLE = "/dev/shm"  # noqa: S108 (a tmpfs of its own, not everybody's)
_WRITABLE_BYTES = 256 << 20
_FILE_BYTES = 64 << 20
_PROCESSES = 2_048
# From linux/mount.h, linux/fcntl.h and the one table of system call numbers that all machines share.
_SYS_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE, _MOUNT_ATTR_RDONLY = 442, -100, 0x8000, 1


class _MountAttr(ctypes.Structure):
    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


def _make_everything_read_only() -> None:
    wanted = _MountAttr(attr_set=_MOUNT_ATTR_RDONLY)
    kernel = ctypes.CDLL(None, use_errno=True)
    size = ctypes.c_size_t(ctypes.sizeof(wanted))
    if kernel.syscall(_SYS_MOUNT_SETATTR, _AT_FDCWD, b"/", _AT_RECURSIVE, ctypes.byref(wanted), size) != 0:
        raise OSError(ctypes.get_errno(), "the file systems cannot be made read-only (needs Linux 5.12)")


def _mount(kind: str, where: str, options: str) -> None:
    subprocess.run(["mount", "-t", kind, "-o", options, kind, where], check=True)  # noqa: S603, S607 (util-linux's)


def main() -> int:
    """Confine, run, collect. Returns the command's exit code."""
    memory_bytes, command = int(sys.argv[1]), sys.argv[2:]
    _make_everything_read_only()
    _mount("proc", "/proc", "nosuid,nodev,noexec")
    # Where the sockets of the machine's services are.
    _mount("tmpfs", "/run", "ro,size=0,mode=0755")
    _mount("tmpfs", WRITABLE, f"nosuid,nodev,size={_WRITABLE_BYTES},mode=1777")
    os.chdir(WRITABLE)
    limits = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: _FILE_BYTES,
        resource.RLIMIT_NPROC: _PROCESSES,
    }
    child = os.fork()
    if child == 0:
        for name, value in limits.items():
            resource.setrlimit(name, (value, value))
        to_nobody = (
            f"--reuid={NOBODY} --regid={NOBODY} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all"
        )
        os.execvp("setpriv", ["setpriv", *to_nobody.split(), *command])  # noqa: S606, S607 (util-linux's)
    while True:
        pid, status = os.wait()
        if pid == child:
            return os.waitstatus_to_exitcode(status) & 0xFF


if __name__ == "__main__":
    sys.exit(main())
