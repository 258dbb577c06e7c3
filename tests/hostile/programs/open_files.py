# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: opens files until it is refused; must see EMFILE at its limit
# limits: open_files_max=40
import errno
import os

opened = []
try:
    while len(opened) < 1000:
        opened.append(os.open("/dev/null", os.O_RDONLY))
except OSError as error:
    assert error.errno == errno.EMFILE, error
assert max(opened) == 39, max(opened)
