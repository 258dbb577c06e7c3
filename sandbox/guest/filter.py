"""A system call filter for the program role: no way back to privileges, and no hand on its keeper.

gVisor lets anybody make a user namespace, and in it everything is allowed that the walls around the program rest on:
mounts without a size, another root. So the program role gets a filter, after it has been set apart and before any byte
of the program is executed. It is inherited by every process that the program makes, and cannot be taken off.

This is classic BPF as seccomp(2) takes it; Linux' `samples/seccomp/bpf-helper.h` is the reference for the layout.
"""

import errno
import os
import struct

from sandbox.guest.kernel import CLONE_NUMBERS

_INSTRUCTION = struct.Struct("=HBBI")
"""code, jump if true, jump if false, operand"""
_LOAD, _IF_EQUAL, _IF_ANY_BIT, _RETURN, _JUMP = 0x20, 0x15, 0x45, 0x06, 0x05
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x00000000, 0x00050000
# struct seccomp_data: number, architecture, instruction pointer, then six arguments of 64 bits.
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24

_NEW_NAMESPACES = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET"""

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_DENIED = {
    # unshare setns mount umount2 pivot_root open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr
    "x86_64": (272, 308, 165, 166, 155, 428, 429, 430, 431, 432, 433, 442),
    "aarch64": (97, 268, 40, 39, 41, 428, 429, 430, 431, 432, 433, 442),
}
_CLONE3 = 435
_TO_A_PROCESS = {
    # kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo prlimit64 pidfd_open
    "x86_64": (62, 200, 234, 129, 297, 302, 434),
    "aarch64": (129, 130, 131, 138, 240, 261, 434),
}
_KEEPER_PID = 1
_FCNTL = {"x86_64": 72, "aarch64": 25}
_IOCTL = {"x86_64": 16, "aarch64": 29}
# Who is told, and by which signal, when a descriptor is ready: F_SETOWN F_SETSIG F_SETOWN_EX; FIOSETOWN SIOCSPGRP.
_SIGNAL_BY_FCNTL = (8, 10, 15)
_SIGNAL_BY_IOCTL = (0x8901, 0x8902)


def program_filter(policys: bytes) -> bytes:
    """Return the filter for this machine: what the policy's allows, unless ours denies it.

    One filter, not two: gVisor runs all that a process has, for each number of a call, whenever one is put on.

    Args:
        policys: The policy's. It decides first.

    Raises:
        OSError: The machine is of no kind that the filter is written for; nothing untrusted may run then.
    """
    machine = os.uname().machine
    if machine not in _ARCHITECTURES:
        raise OSError(errno.ENOTSUP, f"no system call filter for {machine}")
    denied = _ERRNO | errno.EPERM
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        # Another calling convention has other numbers: 32-bit code could walk around the filter.
        (_IF_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    for number in _DENIED[machine]:
        lines += [(_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, denied)]
    # Its flags are in memory, where no filter sees them: the C library falls back to clone.
    lines += [(_IF_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    lines += [
        (_IF_EQUAL, 0, 4, CLONE_NUMBERS[machine]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_IF_ANY_BIT, 0, 1, _NEW_NAMESPACES),
        (_RETURN, 0, 0, denied),
        (_RETURN, 0, 0, _ALLOW),
    ]
    # Its keeper has its uid: it could be stopped, killed, or have its limits lowered.
    for number in _TO_A_PROCESS[machine]:
        lines += [
            (_IF_EQUAL, 0, 4, number),
            (_LOAD, 0, 0, _FIRST_ARGUMENT),
            (_IF_EQUAL, 0, 1, _KEEPER_PID),
            (_RETURN, 0, 0, denied),
            (_RETURN, 0, 0, _ALLOW),
        ]
    # The kernel's own signals reach it too, though it is pid 1.
    for number, commands in ((_FCNTL[machine], _SIGNAL_BY_FCNTL), (_IOCTL[machine], _SIGNAL_BY_IOCTL)):
        lines += [(_IF_EQUAL, 0, 2 + 2 * len(commands), number), (_LOAD, 0, 0, _SECOND_ARGUMENT)]
        for command in commands:
            lines += [(_IF_EQUAL, 0, 1, command), (_RETURN, 0, 0, denied)]
        lines.append((_RETURN, 0, 0, _ALLOW))
    lines.append((_RETURN, 0, 0, _ALLOW))
    return _chained(policys, b"".join(_INSTRUCTION.pack(*line) for line in lines))


def _chained(first: bytes, then: bytes) -> bytes:
    """Return a filter that asks the second one about what the first one allows."""
    count = len(first) // _INSTRUCTION.size
    lines = []
    for index, line in enumerate(_INSTRUCTION.iter_unpack(first)):
        is_allowed = (line[0], line[3]) == (_RETURN, _ALLOW)
        lines.append((_JUMP, 0, 0, count - index - 1) if is_allowed else line)
    return b"".join(_INSTRUCTION.pack(*line) for line in lines) + then
