# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: terminals of its own, made the controlling one, typed into and hung up
# limits: cpu_time_ms=10000 wall_time_ms=30000
import fcntl
import os
import signal
import termios

for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGCONT):
    signal.signal(number, signal.SIG_IGN)
for _ in range(20):
    master, slave = os.openpty()
    for request, value in ((termios.TIOCSCTTY, 1), (termios.TIOCSTI, b"x"), (termios.TIOCNOTTY, 0)):
        try:
            fcntl.ioctl(slave, request, value)
        except OSError:
            pass
    os.write(master, b"\x03\x04\x1a\x1c")
    os.close(master)
    os.close(slave)
for path in ("/dev/tty", "/dev/console"):
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
    except OSError:
        pass
