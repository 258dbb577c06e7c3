# attack: returns subclasses that raise, grow or answer wrongly when whoever encodes them looks at them
# shape: value
# causes: WRONG_ANSWER, UNSUPPORTED_VALUE, EXCEPTION
class Meta(type):
    def __subclasscheck__(cls, other):
        return True

    def __instancecheck__(cls, value):
        return True

    @property
    def __mro__(cls):
        return (bool, int, object)

    def mro(cls):
        return [cls, *type.mro(cls)[1:]]

    def __eq__(cls, other):
        return True

    def __hash__(cls):
        return hash(bool)


def lie(expected_like: object) -> object:
    base = int if isinstance(expected_like, bool) else type(expected_like)

    class Prepared(base, metaclass=Meta):
        def __getattribute__(self, name):
            raise AttributeError(name)

        def __eq__(self, other):
            return True

        def __hash__(self):
            return 0

        def __reduce_ex__(self, protocol):
            return (bool, (1,))

        def __sizeof__(self):
            return 0

    Prepared.__qualname__ = "bool"
    return Prepared(expected_like)
