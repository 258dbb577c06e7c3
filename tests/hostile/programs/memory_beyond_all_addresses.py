# verdict: FAILED
# cause: LOAD_ERROR
# fault: PROGRAM
# attack: one allocation that no machine can give; must see its own MemoryError, and no label of ours
bytearray(1 << 62)
