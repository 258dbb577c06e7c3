"""The few system calls that Python's library lacks on the versions we run on."""

import ctypes
import os
import struct

CLONE_NUMBERS = {"x86_64": 56, "aarch64": 220}
"""clone's number by machine: the C library's function of this name wants a stack for its child."""
CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REC = 16384
MS_PRIVATE = 1 << 18

SIGINT, SIGKILL, SIGCHLD = 2, 9, 17

_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522
_CAPABILITIES = 64
"""More than any kernel has; dropping one that does not exist fails harmlessly."""


class Kernel:
    """The C library, loaded once per process that needs it."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        # What `signal` wraps: that one makes enumerations, which cost more than all the rest of a keeper.
        self._signal = __import__("_signal")

    def _check(self, name: str, result: int) -> None:
        if result != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"{name}: {os.strerror(number)}")

    def fork_apart(self, flags: int) -> int:
        """Fork a child that is born in new namespaces. Returns its pid, and 0 in the child.

        Only for a process of one thread: the C library does not learn of this fork.

        Args:
            flags: CLONE_NEWPID and its like; and SIGCHLD, where the child is one like others. Without it neither a
                signal nor `wait` tells the parent of it.

        Raises:
            OSError: The kernel refused.
        """
        # PyDLL keeps the interpreter's lock during the call, so that the child is born with it.
        syscall = ctypes.PyDLL(None, use_errno=True).syscall
        arguments = (ctypes.c_ulong(flags), 0, 0, 0, 0)
        pid = int(syscall(CLONE_NUMBERS[os.uname().machine], *arguments))
        if pid < 0:
            raise OSError(ctypes.get_errno(), f"clone: {os.strerror(ctypes.get_errno())}")
        return pid

    def mount(self, source: str, target: str, kind: str, flags: int, data: str = "") -> None:
        """Mount a file system in this process' mount namespace."""
        arguments = (source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode())
        self._check(f"mount {target}", self._libc.mount(*arguments))

    def make_mounts_private(self) -> None:
        """Let no mount made here be seen elsewhere, nor the other way round."""
        self._check("mount /", self._libc.mount(None, b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None))

    def drop_privileges_for_ever(self) -> None:
        """Empty every capability set, forbid gaining any, and let nobody of the same uid look inside.

        Raises:
            OSError: A capability is left; nothing untrusted may run then.
        """
        self._check("no_new_privs", self._libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        for capability in range(_CAPABILITIES):
            self._libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
        header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
        self._check("capset", self._libc.capset(header, bytes(24)))

    def filter_system_calls(self, program: bytes) -> None:
        """Put a seccomp filter on this process, for ever. Needs `no_new_privs`.

        Args:
            program: Classic BPF, 8 bytes an instruction.

        Raises:
            OSError: The kernel refused it; nothing untrusted may run then.
        """
        code = ctypes.create_string_buffer(program, len(program))
        # struct sock_fprog: the number of instructions, and where they are.
        header = struct.pack("=H6xQ", len(program) // 8, ctypes.addressof(code))
        self._check("seccomp", self._libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header, 0, 0))

    def ignore_interrupts(self) -> None:
        """Ignore SIGINT."""
        self._signal.signal(SIGINT, self._signal.SIG_IGN)

    def restore_interrupts(self) -> None:
        """Handle SIGINT as an interpreter does that has just started."""
        self._signal.signal(SIGINT, self._signal.default_int_handler)

    def hide_from_peers(self) -> None:
        """Forbid ptrace and /proc access by processes of the same uid."""
        self._check("dumpable", self._libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0))
