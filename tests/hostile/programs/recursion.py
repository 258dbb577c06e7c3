# expect: LOAD_ERROR
# attack: recurses without end
def f():
    return f()


f()
