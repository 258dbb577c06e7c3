"""What a process may do on this machine, and how it gives all of it up."""

import contextlib
import ctypes
import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import BackendError
from sandbox.logs import logger
from sandbox.seccomp.bpf import filter_of
from sandbox.seccomp.profile import Action, Argument, Comparison, Profile, Rule

ACCOUNT = "sandbox"
"""The server's account, where the machine has one of this name."""

NOBODY_ELSE = 65_530
"""Its uid and gid where there is none: an id that no account has. Not nobody's, who may have other processes."""

_ID_MAX = 2**32 - 2
"""The one above means "leave it as it is" to the kernel."""

_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_INSTRUCTION_BYTES = 8
_WORD = 0xFFFF_FFFF
_CAPABILITIES_MAX = 64
_CAPABILITY_SETS = ("CapInh", "CapPrm", "CapEff", "CapAmb")
_CAPABILITY_VERSION = 0x20080522
_STANDARD_STREAMS = 3


@dataclass(frozen=True, slots=True)
class User:
    """Who a process is."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Privileges:
    """What the kernel says of a process.

    Attributes:
        uids: Real, effective, saved, file system.
        gids: The same for groups.
        groups: Supplementary ones.
        capabilities: Those that it has or can take up: all sets but the next one together, one bit for each.
        bounding: Those that a program with more rights could give it.
        no_new_privileges: Whether no program that it starts can have more.
    """

    uids: frozenset[int]
    gids: frozenset[int]
    groups: frozenset[int]
    capabilities: int
    bounding: int
    no_new_privileges: bool

    @property
    def is_none(self) -> bool:
        """Whether it has no privilege and gets none."""
        roots = self.uids | self.gids | self.groups
        capabilities = self.capabilities | self.bounding
        return 0 not in roots and self.groups <= self.gids and not capabilities and self.no_new_privileges


def find_user(name: str | None) -> User:
    """Return the user that a server is to be.

    Args:
        name: An account, or `UID:GID`; None: the account `sandbox`, or ids that nobody has.

    Raises:
        BackendError: There is no such account, or it is root.
    """
    uid, colon, gid = (name or "").partition(":")
    if colon and uid.isdecimal() and gid.isdecimal():
        user = User(int(uid), int(gid))
        if max(user.uid, user.gid) > _ID_MAX:
            raise BackendError(f"{name} is no UID:GID: both are at most {_ID_MAX}")
    else:
        try:
            account = pwd.getpwnam(name or ACCOUNT)
        except KeyError:
            if name is not None:
                raise BackendError(f"there is no account {name!r}: make one, or say --user UID:GID") from None
            return User(NOBODY_ELSE, NOBODY_ELSE)
        user = User(account.pw_uid, account.pw_gid)
    if 0 in (user.uid, user.gid):
        raise BackendError("the server must not be root, nor in its group: say --user with another account")
    return user


def drop(user: User) -> None:
    """Become a user without any privilege, for ever.

    Raises:
        BackendError: Something is left.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(_CAPABILITIES_MAX):
        # Beyond the last one that this kernel has, it refuses; what counts is read below.
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    try:
        os.setgroups([])
        os.setresgid(user.gid, user.gid, user.gid)
        # The kernel empties the other sets of capabilities with this.
        os.setresuid(user.uid, user.uid, user.uid)
    except OSError as error:
        raise BackendError(
            f"this root may not become user {user.uid} ({error}): where it has no such right, as in many containers, "
            "start sandbox launcher and, as that user, sandbox serve --launcher"
        ) from error
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _deny_calls(libc)
    # A folder that this process stands in is one that it can read, whoever may not get there.
    os.chdir("/")
    if not (left := look("self")).is_none:
        raise BackendError(f"the server's privileges cannot be given up: {left}")


def renounce() -> None:
    """Give up what a process that is not root can have, for ever: capabilities, and programs that would give it more.

    Raises:
        BackendError: Something is left.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    if look("self").capabilities:
        # struct __user_cap_header_struct and two of __user_cap_data_struct of linux/capability.h. Not where there are
        # none: a service manager's own filter may end whoever makes this call.
        libc.capset((ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)())
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _deny_calls(libc)
    os.chdir("/")
    left = look("self")
    if left.capabilities or not left.no_new_privileges:
        raise BackendError(f"the server's privileges cannot be given up: {left}")
    if not left.groups <= left.gids:
        logger().warning("the server's user is in other groups, and may do what these may", groups=sorted(left.groups))


def close_inherited() -> None:
    """Close what whoever started this process had open: a descriptor outlives the right to open it."""
    for descriptor in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
        with contextlib.suppress(OSError):
            # What was opened here is not inheritable.
            if descriptor >= _STANDARD_STREAMS and os.get_inheritable(descriptor):
                os.close(descriptor)


def _deny_calls(libc: ctypes.CDLL) -> None:
    """Put a filter of system calls on: what a server never needs, and what leads to others.

    Raises:
        BackendError: The kernel does not take it.
    """
    code = filter_of(_CALLS, os.uname().machine)
    text = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // _INSTRUCTION_BYTES, ctypes.addressof(text))
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        raise BackendError(f"no filter of system calls for the server: {os.strerror(ctypes.get_errno())}")


class _Program(ctypes.Structure):
    """struct sock_fprog of linux/filter.h."""

    _fields_ = (("count", ctypes.c_ushort), ("code", ctypes.c_void_p))


def _low_word(request: int) -> Argument:
    # The kernel looks at no more of a request.
    return Argument(index=1, comparison=Comparison.MASKED_EQUAL, value=_WORD, masked=request)


_CALLS = Profile(
    default=Action.ALLOW,
    rules=(
        # TIOCSTI and TIOCLINUX: a server that was started from a terminal could type into root's shell.
        *(Rule(names=("ioctl",), action=Action.ERRNO, arguments=(_low_word(request),)) for request in (0x5412, 0x541C)),
        Rule(
            names=(
                *("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "perf_event_open", "bpf"),
                *("unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "open_by_handle_at", "userfaultfd"),
                *("add_key", "request_key", "keyctl", "io_uring_setup", "init_module", "finit_module", "kexec_load"),
            ),
            action=Action.ERRNO,
        ),
    ),
)


def look(pid: int | str) -> Privileges:
    """Return what the kernel says of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    told = {name: rest.split() for name, _, rest in (line.partition(":") for line in lines)}
    capabilities = 0
    for name in _CAPABILITY_SETS:
        capabilities |= int(told[name][0], 16)
    return Privileges(
        uids=frozenset(map(int, told["Uid"])),
        gids=frozenset(map(int, told["Gid"])),
        groups=frozenset(map(int, told["Groups"])),
        capabilities=capabilities,
        bounding=int(told["CapBnd"][0], 16),
        no_new_privileges=told["NoNewPrivs"] == ["1"],
    )
