# expect: EXITED_EARLY
# attack: be gone before anybody can check, without a goodbye to the interpreter
import os

os._exit(7)
