# verdict: FAILED
# cause: LOAD_ERROR
# fault: PROGRAM
# attack: a sum of a hundred thousand terms, each of which nests on the left
eval("+".join(["x"] * 100_000))
