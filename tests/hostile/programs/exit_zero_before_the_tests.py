# verdict: FAILED
# cause: EXITED_EARLY
# fault: PROGRAM
# attack: leaves with success before a test has run
# tests: assert f() == 1
import sys

sys.exit(0)
