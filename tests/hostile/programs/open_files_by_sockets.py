# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: opens sockets until it is refused; must see EMFILE at its limit
# limits: open_files_max=40
import errno
import socket

opened = []
try:
    while len(opened) < 1000:
        opened += socket.socketpair()
except OSError as error:
    assert error.errno == errno.EMFILE, error
assert max(end.fileno() for end in opened) in (38, 39)
