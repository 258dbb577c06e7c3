# verdict: FAILED
# cause: LOAD_ERROR
# fault: PROGRAM
# attack: fails while it loads and makes the exit code 0 in an exit handler
import atexit
import os

atexit.register(os._exit, 0)
raise ValueError("not ready")
