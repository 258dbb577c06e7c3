"""Processes, open files and disk: 90 % is given, and of 110 % the program is told that it may not.

These limits kill nobody. The kernel says EAGAIN, EMFILE or ENOSPC, and the program says by exit code 3 that it heard.
"""

from collections.abc import Callable

import pytest

from sandbox import Verdict
from sandbox.paths import data_dir
from sandbox.policy import load_policy

Repeat = Callable[..., list[Verdict]]

# Each uses COUNT of something, itself included.
PROCESSES = """
import errno, os, signal, sys
children = []
try:
    while len(children) + 1 < COUNT:
        child = os.fork()
        if child == 0:
            signal.pause()
            os._exit(1)
        children.append(child)
except OSError as error:
    code = 3 if error.errno == errno.EAGAIN else 4
else:
    code = 0
for child in children:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
sys.exit(code)
"""
THREADS = """
import os, threading
over = threading.Event()
code = 0
try:
    for _ in range(COUNT - 1):
        threading.Thread(target=over.wait, daemon=True).start()
except RuntimeError as error:
    code = 3 if "start new thread" in str(error) else 4
over.set()
os._exit(code)
"""
OPEN_FILES = """
import errno, os, sys
try:
    # The lowest free descriptor says how many are taken.
    while os.open("/dev/null", os.O_RDONLY) + 1 < COUNT:
        pass
except OSError as error:
    sys.exit(3 if error.errno == errno.EMFILE else 4)
"""
ONE_FILE = """
import errno, os, sys
try:
    with open("/tmp/file", "wb", buffering=0) as file:
        left = COUNT
        while left:
            left -= file.write(bytes(min(1 << 20, left)))
except OSError as error:
    sys.exit(3 if error.errno == errno.ENOSPC else 4)
"""
SMALL_FILES = """
import errno, os, sys
try:
    for number in range(COUNT // 65536):
        with open(f"/tmp/{number}", "wb", buffering=0) as file:
            left = 65536
            while left:
                left -= file.write(bytes(left))
except OSError as error:
    sys.exit(3 if error.errno == errno.ENOSPC else 4)
"""
USERS = [
    pytest.param("processes_max", PROCESSES, id="processes"),
    pytest.param("processes_max", THREADS, id="threads"),
    pytest.param("open_files_max", OPEN_FILES, id="open_files"),
    pytest.param("disk_bytes", ONE_FILE, id="disk_in_one_file"),
    pytest.param("disk_bytes", SMALL_FILES, id="disk_in_small_files"),
]
# A thousand files take their time, and these tests are not about it.
ROOM = {"cpu_time_ms": 30_000}


def limit_of(name: str) -> int:
    """The default policy's."""
    limit = getattr(load_policy(data_dir("policies") / "default.toml").defaults, name)
    assert isinstance(limit, int)
    return limit


@pytest.mark.parametrize(("limit_name", "program"), USERS)
def test_ninety_percent_is_given(
    repeat: Repeat, all_pass: Callable[[list[Verdict]], None], limit_name: str, program: str
) -> None:
    count = limit_of(limit_name) * 90 // 100

    all_pass(repeat(f"COUNT = {count}\n{program}", **ROOM))


@pytest.mark.parametrize(("limit_name", "program"), USERS)
def test_a_hundred_and_ten_percent_is_refused(
    repeat: Repeat, all_refused: Callable[[list[Verdict]], None], limit_name: str, program: str
) -> None:
    count = -(-limit_of(limit_name) * 110 // 100)

    all_refused(repeat(f"COUNT = {count}\n{program}", **ROOM))
