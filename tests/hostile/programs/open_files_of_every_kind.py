# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: epolls, events, memory files and copies until it is refused; must see EMFILE at its limit, and no timers or watches
# limits: open_files_max=64
import ctypes
import errno
import os

libc = ctypes.CDLL(None, use_errno=True)
makers = {
    "epoll": lambda: libc.epoll_create1(0),
    "eventfd": lambda: libc.eventfd(0, 0),
    "memfd": lambda: libc.memfd_create(b"x", 0),
    "dup": lambda: libc.dup(0),
    "folder": lambda: libc.open(b"/tmp", os.O_DIRECTORY),
}
for name, make in makers.items():
    opened = []
    while len(opened) < 1000 and (made := make()) >= 0:
        opened.append(made)
    assert ctypes.get_errno() == errno.EMFILE, (name, ctypes.get_errno())
    assert max(opened) == 63, (name, max(opened))
    for file in opened:
        os.close(file)
for make in (lambda: libc.timerfd_create(1, 0), lambda: libc.inotify_init()):
    assert make() == -1
    assert ctypes.get_errno() == errno.EPERM
try:
    os.dup2(0, 64)
except OSError as error:
    assert error.errno == errno.EBADF, error
else:
    raise AssertionError("a copy beyond the limit")
