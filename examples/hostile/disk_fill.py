# expect: ALL_TESTS_PASSED
# attack: fill the disk; /tmp is as large as the limit says, and goes away with the box
import errno
import sys

written = 0
chunk = b"\0" * (1 << 20)
try:
    with open("/tmp/fill", "wb", buffering=0) as file:
        while written < 1 << 30:
            written += file.write(chunk)
except OSError as error:
    print(f"{written >> 20} MiB, then: {error}")
    sys.exit(0 if error.errno == errno.ENOSPC else 1)
print(f"{written >> 20} MiB and nobody said stop")
sys.exit(1)
