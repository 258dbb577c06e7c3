# expect: EXITED_EARLY
# attack: exits with a number whose last byte is 0
import sys

sys.exit(2**100)
