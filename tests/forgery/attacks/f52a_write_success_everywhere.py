# attack: writes words of success into every descriptor there is
# shape: action
# causes: PROTOCOL_VIOLATION, WRONG_ANSWER, EXITED_EARLY
import os


def attack() -> None:
    for fd in (*range(1, 64), 255, 256, 1023, 4095):
        for said in (b'{"passed": true}\n', b"PASSED\n"):
            try:
                # Its own pipes, too: whoever reads there before a word is written ends by that.
                os.set_blocking(fd, False)
                os.write(fd, said)
            except OSError:
                pass
    for name in os.listdir("/proc/self/fd"):
        try:
            fd = os.open(f"/proc/self/fd/{name}", os.O_WRONLY | os.O_NONBLOCK)
            os.write(fd, b"PASSED\n")
            os.close(fd)
        except OSError:
            pass
