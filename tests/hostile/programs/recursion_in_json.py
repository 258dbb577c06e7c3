# verdict: FAILED
# cause: LOAD_ERROR
# fault: PROGRAM
# attack: a text that makes the parser of JSON, which is C code, recurse
import json

json.loads("[" * 1_000_000)
