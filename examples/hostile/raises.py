# expect: LOAD_ERROR
# attack: none, an honest bug: an exception while the program loads
raise RuntimeError("this program never had a chance")
