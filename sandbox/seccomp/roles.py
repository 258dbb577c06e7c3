"""Where a profile is put on: around the whole box, and once more, tighter, on each role inside it.

Around the box gVisor puts it on before the agent starts (`--oci-seccomp`). The agent has to set its roles apart, and
needs calls for it that no program may make; so those are allowed there, and the agent puts the profile as it is written
on the program role, before any byte of a job is read. Programs never see a moment without either.
"""

from dataclasses import dataclass
from functools import cache

from sandbox.seccomp.bpf import filter_of
from sandbox.seccomp.profile import Profile

AROUND = "nfsservctl"
"""Denied around the box and allowed inside: EPERM from it says that the filter around the box is on. Linux and gVisor
have no such call any more, on any machine: without a filter it is ENOSYS."""

INSIDE = "remap_file_pages"
"""The same for the filter inside: allowed around the box, denied to the roles. gVisor does not have it."""

_AGENT_STARTS = (
    # Its roles: namespaces, their ids and mounts, no way back to privileges.
    *("clone", "mount", "prctl", "capset", "seccomp"),
    # What a program finds: its standard input, its session, its limits, its cores.
    *("memfd_create", "setsid", "prlimit64", "sched_setaffinity", "sched_getaffinity"),
    # Python itself, which it is written in, and the start of a process.
    *("execve", "brk", "mmap", "munmap", "mprotect", "mremap", "madvise", "arch_prctl", "futex", "gettid"),
    *("set_tid_address", "set_robust_list", "rseq", "getrandom", "sigaltstack", "rt_sigaction", "rt_sigprocmask"),
    *("open", "openat", "close", "close_range", "read", "write", "pread64", "lseek", "readlink", "readlinkat", "ioctl"),
    *("stat", "fstat", "lstat", "newfstatat", "access", "faccessat", "faccessat2", "getdents64", "getcwd", "chdir"),
    *("getuid", "geteuid", "getgid", "getegid", "getpid", "getppid", "uname", "sysinfo", "getrlimit", "clock_gettime"),
    *("fcntl", "dup", "dup2", "dup3", "pipe", "pipe2", "poll", "ppoll", "select", "pselect6"),
    # The end of a program, and of all that it left running.
    *("fork", "vfork", "wait4", "waitid", "kill", "exit", "exit_group", "rt_sigreturn", "restart_syscall"),
)
"""What the agent needs around the box, whatever a profile denies to programs."""

_ONLY_TO_START = frozenset({"mount", "capset", "seccomp", "sched_setaffinity", "setsid", "execve"})
_TESTS_GO_ON = tuple(name for name in _AGENT_STARTS if name not in _ONLY_TO_START)
"""What the tests role needs for its own work after it has the filter."""


@dataclass(frozen=True, slots=True)
class RoleFilters:
    """Classic BPF for each role."""

    program: bytes
    tests: bytes


@cache
def around_the_box(profile: Profile) -> Profile:
    """Return what is put around a box."""
    return profile.overridden(allow=(*_AGENT_STARTS, INSIDE), deny=(AROUND,))


@cache
def on_the_roles(profile: Profile, machine: str) -> RoleFilters:
    """Return what the agent puts on its roles.

    Args:
        profile: The policy's.
        machine: The kind of machine, as `uname -m` names it.

    Raises:
        KeyError: There are no numbers of calls for such a machine.
    """
    program = profile.overridden(allow=(AROUND,), deny=(INSIDE,))
    return RoleFilters(
        program=filter_of(program, machine),
        tests=filter_of(program.overridden(allow=_TESTS_GO_ON, deny=(INSIDE,)), machine),
    )
