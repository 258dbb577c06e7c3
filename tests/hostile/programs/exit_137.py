# expect: EXITED_EARLY
# attack: pretends to have been killed for memory
import sys

sys.exit(137)
