# coding: no-such-encoding
# verdict: FAILED
# cause: LOAD_ERROR
# fault: PROGRAM
# attack: source with a cookie for an encoding that does not exist
print("x")
