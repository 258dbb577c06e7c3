# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: opens pipes until it is refused; must see EMFILE at its limit
# limits: open_files_max=40
import errno
import os

opened = []
try:
    while len(opened) < 1000:
        opened += os.pipe()
except OSError as error:
    assert error.errno == errno.EMFILE, error
assert max(opened) in (38, 39), max(opened)
