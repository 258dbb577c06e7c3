# verdict: FAILED
# cause: EXITED_EARLY
# fault: PROGRAM
# attack: exits with a number whose last byte is 0
import sys

sys.exit(2**100)
