# coding: no-such-encoding
# expect: LOAD_ERROR
# attack: source with a cookie for an encoding that does not exist
print("x")
