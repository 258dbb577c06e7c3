# verdict: FAILED
# cause: LOAD_ERROR
# fault: PROGRAM
# attack: source that breaks the parser of whoever parses it outside a box
eval("(" * 100_000)
