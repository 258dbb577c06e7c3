# attack: objects whose __class__ is the type of the right answer
# shape: value
# causes: UNSUPPORTED_VALUE, WRONG_ANSWER, EXCEPTION
def lie(expected_like: object) -> object:
    kind = type(expected_like)

    class Mask:
        __class__ = property(lambda self: kind)

        def __eq__(self, other):
            return True

        def __hash__(self):
            return hash("wrong")

        def __getattr__(self, name):
            return getattr(expected_like, name)

    Mask.__name__ = Mask.__qualname__ = kind.__name__
    Mask.__module__ = "builtins"
    return Mask()
