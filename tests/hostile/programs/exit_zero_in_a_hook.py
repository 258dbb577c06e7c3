# verdict: FAILED
# cause: LOAD_ERROR
# fault: PROGRAM
# attack: fails while it loads and has replaced what the interpreter does then by a clean exit
import os
import sys

sys.excepthook = lambda *_: os._exit(0)
raise ValueError("not ready")
