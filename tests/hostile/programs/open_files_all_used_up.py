# verdict: FAILED
# cause: LOAD_ERROR
# fault: PROGRAM
# attack: raises when it has not one descriptor left, so that whoever shows its traceback cannot load what that takes
# limits: open_files_max=64
import os

while True:
    try:
        os.dup(0)
    except OSError:
        raise ValueError("no descriptor is left")
