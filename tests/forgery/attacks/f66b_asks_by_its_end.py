# attack: tells, by the way it fails, something of what it is asked; repeated, that would spell out the tests
# shape: whole
# causes: WRONG_ANSWER, EXCEPTION, EXITED_EARLY, SIGNALED
import os
import signal


def @NAME@(*args):
    bit = hash(str(args)) & 3
    if bit == 0:
        os.kill(os.getpid(), signal.SIGUSR1)
    if bit == 1:
        os._exit(int(str(args[0])[-1]) if args else 0)
    if bit == 2:
        raise ValueError(args)
    return args
