# verdict: FAILED
# cause: LOAD_ERROR
# fault: PROGRAM
# attack: a nested list that makes the pickler, which is C code, recurse
import pickle

nested = []
for _ in range(100_000):
    nested = [nested]
pickle.dumps(nested)
