# expect: EXITED_EARLY
# attack: leaves with success before a test has run
# tests: assert f() == 1
import sys

sys.exit(0)
