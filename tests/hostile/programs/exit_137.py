# verdict: FAILED
# cause: EXITED_EARLY
# fault: PROGRAM
# attack: pretends to have been killed for memory
import sys

sys.exit(137)
