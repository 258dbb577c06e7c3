"""Which system calls the programs of a corpus make, and the least profile that they need."""

from collections.abc import Iterable

from sandbox.seccomp.numbers import numbers_of
from sandbox.seccomp.profile import Action, Profile, Rule

RARE = (
    # The end of a process, by itself, by a signal, by abort().
    *("exit", "exit_group", "rt_sigreturn", "restart_syscall", "rt_sigprocmask", "gettid", "getpid", "tgkill"),
    # What allocators do when memory is short, and locks when there is a wait.
    *("brk", "mmap", "munmap", "mremap", "madvise", "mprotect", "futex", "sched_yield"),
    # What is said at the end.
    *("read", "write", "close", "lseek", "fstat", "newfstatat"),
)
"""Calls that a program makes when something goes wrong, which a corpus of good programs hardly shows."""

EXAMINED = (
    # Modules that a box has loaded already when it was restored, and has not when it was started.
    *("open", "openat", "stat", "lstat", "fstat", "newfstatat", "getdents64", "readlink", "readlinkat", "getcwd"),
    *("pread64", "ioctl", "fcntl", "mmap", "mprotect"),
    # Threads and processes up to their limit, and their end.
    *("clone", "fork", "vfork", "wait4", "kill", "set_tid_address", "set_robust_list", "rseq", "sigaltstack"),
    *("rt_sigaction", "setsid", "getppid", "getrlimit", "prlimit64", "sched_getaffinity", "pipe", "pipe2"),
    # Files up to their limit, and who one is.
    *("dup", "unlink", "statfs", "fstatfs", "getuid", "geteuid", "getgid", "getegid", "uname"),
    *("clock_nanosleep", "nanosleep"),
)
"""Calls of the probes by which a server proves that limits bind: it serves no policy that it cannot prove."""


def names_of(calls: Iterable[int], machine: str) -> frozenset[str]:
    """Return the names of calls by their numbers; numbers without a name are left out."""
    known = {number: name for name, number in numbers_of(machine).items()}
    return frozenset(known[call] for call in calls if call in known)


def least(base: Profile, used: Iterable[str]) -> Profile:
    """Return what is left of a profile when it allows only what was used, what is rare, and what a server examines.

    Args:
        base: The profile that the calls were made under; its comments and conditions are kept.
        used: Names of calls.
    """
    needed = frozenset(used).union(RARE, EXAMINED)
    rules = []
    for rule in base.rules:
        names = tuple(name for name in rule.names if rule.action is not Action.ALLOW or name in needed)
        if names:
            rules.append(Rule(names=names, action=rule.action, arguments=rule.arguments, comment=rule.comment))
    return Profile(default=base.default, rules=tuple(rules))
