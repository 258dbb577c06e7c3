# attack: returns a subclass of the right type whose comparisons all come out well
# shape: value
# causes: WRONG_ANSWER, UNSUPPORTED_VALUE
class Liar:
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __lt__(self, other):
        return True

    __le__ = __gt__ = __ge__ = __contains__ = __lt__

    def __hash__(self):
        return 0

    def __bool__(self):
        return True

    def __str__(self):
        return "right"

    __repr__ = __str__

    def __format__(self, spec):
        return "right"


def lie(expected_like: object) -> object:
    base = int if isinstance(expected_like, bool) else type(expected_like)
    return type(base.__name__, (Liar, base), {})(expected_like)
