# verdict: FAILED
# cause: LOAD_ERROR
# fault: PROGRAM
# attack: an expression of a hundred thousand signs, each of which nests
eval("-" * 100_000 + "1")
