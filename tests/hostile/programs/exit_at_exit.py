# verdict: FAILED
# cause: EXITED_EARLY
# fault: PROGRAM
# attack: ends well and changes its mind in an exit handler
import atexit
import os

atexit.register(os._exit, 139)
