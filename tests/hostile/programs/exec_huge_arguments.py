# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: hands far too many arguments, one far too long, and a huge environment to a new program; must be refused
# limits: cpu_time_ms=10000 wall_time_ms=30000
import errno
import os

attempts = [
    (["true", "x" * (4 << 20)], {}),
    (["true", *["x" * 1000] * 20_000], {}),
    (["true"], {f"V{i}": "x" * 1000 for i in range(20_000)}),
]
for arguments, environment in attempts:
    try:
        os.execve("/bin/true", arguments, environment)
    except OSError as error:
        # Linux says the first, gVisor the second.
        assert error.errno in (errno.E2BIG, errno.ENAMETOOLONG), error
