# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: a file of a TiB with nothing in it, on a disk of 8 MiB; must take no room, and be refused where it would
# limits: disk_bytes=8388608
import errno
import os

file = os.open("/tmp/sparse", os.O_CREAT | os.O_RDWR)
try:
    os.ftruncate(file, 1 << 40)
    os.pwrite(file, b"x", (1 << 40) - 1)
except OSError as error:
    assert error.errno in (errno.EFBIG, errno.ENOSPC), error
disk = os.statvfs("/tmp")
assert disk.f_blocks * disk.f_bsize == 8 << 20
assert (disk.f_blocks - disk.f_bfree) * disk.f_bsize <= 64 << 10, disk
try:
    os.posix_fallocate(file, 0, 1 << 40)
except OSError as error:
    assert error.errno in (errno.EFBIG, errno.ENOSPC), error
else:
    raise AssertionError("a TiB was given")
