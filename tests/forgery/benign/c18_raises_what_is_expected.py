# benign: raises the builtin exceptions and those of its own that the tests expect
# shape: whole
# tests: def raises(kind, x):
# tests:     try:
# tests:         @NAME@(x)
# tests:     except kind:
# tests:         return True
# tests:     return False
# tests: assert raises(ValueError, -1)
# tests: assert raises(LookupError, 0)
# tests: assert raises(ZeroDivisionError, 1)
# tests: assert raises(Exception, 2)
# tests: assert raises(TypeError, None)
# tests: assert not raises(ValueError, 3)
class TooSmall(ValueError):
    pass


class Own(Exception):
    pass


def @NAME@(x):
    if x < 0:
        raise TooSmall(x)
    if x == 0:
        return {}[x]
    if x == 1:
        return 1 / 0
    if x == 2:
        raise Own from None
    return x
