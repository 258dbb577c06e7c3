# expect: LOAD_ERROR
# attack: source that breaks the parser of whoever parses it outside a box
eval("(" * 100_000)
