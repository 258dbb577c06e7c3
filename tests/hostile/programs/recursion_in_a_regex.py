# verdict: FAILED
# cause: LOAD_ERROR
# fault: PROGRAM
# attack: a regular expression of nested groups that makes its compiler recurse
import re

re.compile("(" * 10_000 + ")" * 10_000)
