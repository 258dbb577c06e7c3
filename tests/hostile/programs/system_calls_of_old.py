# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: makes system calls by the 32-bit convention, where the filter's numbers mean other things
import ctypes
import errno
import mmap
import os

# mov eax, NUMBER; int 0x80; ret
CALL = b"\xb8%b\xcd\x80\xc3"
GETPID, UNSHARE, MOUNT, KILL = 20, 310, 21, 37
if os.uname().machine == "x86_64":
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    for number in (GETPID, UNSHARE, MOUNT, KILL):
        page.seek(0)
        page.write(CALL % number.to_bytes(4, "little"))
        assert call() == -errno.EPERM, number
