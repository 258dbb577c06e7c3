# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: fills /dev/shm beyond its size; must see ENOSPC
# limits: cpu_time_ms=10000 wall_time_ms=20000
import errno

written = 0
try:
    with open("/dev/shm/big", "wb", buffering=0) as file:
        while True:
            written += file.write(bytes(1 << 20))
except OSError as error:
    assert error.errno == errno.ENOSPC, error
assert written <= 16 << 20, written
