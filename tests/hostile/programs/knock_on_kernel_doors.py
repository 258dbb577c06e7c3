# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: system calls that open the kernel, the clock, other processes or the machine; each must be refused
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
common = {"io_uring_setup": 425, "pidfd_getfd": 438, "memfd_secret": 447, "landlock_create_ruleset": 444}
numbers = {
    "x86_64": {"bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "add_key": 248, "kexec_load": 246, "iopl": 172,
               "init_module": 175, "finit_module": 313, "delete_module": 176, "open_by_handle_at": 304, "acct": 163,
               "swapon": 167, "reboot": 169, "settimeofday": 164, "quotactl": 179, "lookup_dcookie": 212},
    "aarch64": {"bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "add_key": 217, "kexec_load": 104,
                "init_module": 105, "finit_module": 273, "delete_module": 106, "open_by_handle_at": 265, "acct": 89,
                "swapon": 224, "reboot": 142, "settimeofday": 170, "quotactl": 60},
}[os.uname().machine]
given = ctypes.create_string_buffer(b"/tmp/x", 256)
for name, number in (common | numbers).items():
    if name == "landlock_create_ruleset":
        continue
    for first in (0, 1, ctypes.addressof(given)):
        result = libc.syscall(number, ctypes.c_void_p(first), given, 64, 0, 0)
        assert result == -1, (name, first, result)
remote = (ctypes.c_void_p * 2)(ctypes.addressof(given), 64)
assert libc.process_vm_readv(1, remote, 1, remote, 1, 0) == -1
assert libc.process_vm_writev(1, remote, 1, remote, 1, 0) == -1
