# attack: raises exceptions that have the names of builtin ones and are none
# shape: whole
# causes: WRONG_ANSWER, EXCEPTION
# tests: def raises(kind, x):
# tests:     try:
# tests:         @NAME@(x)
# tests:     except kind as error:
# tests:         return isinstance(error, kind) and "@CANARY@" != str(error)
# tests:     except Exception:
# tests:         return False
# tests:     return False
# tests: def test_value_error():
# tests:     assert raises(ValueError, 1)
# tests: def test_assertion_error():
# tests:     assert raises(AssertionError, 2)
# tests: def test_key_error():
# tests:     assert raises((KeyError, IndexError), 3)
# tests: def test_its_class_lies():
# tests:     assert raises(ValueError, 4)
# tests: def test_zero_division():
# tests:     assert raises(ZeroDivisionError, 5)
import builtins


def fake(name, **names):
    kind = type(name, (Exception,), names)
    kind.__module__ = "builtins"
    kind.__qualname__ = name
    return kind


class Meta(type):
    __name__ = property(lambda cls: "ZeroDivisionError")
    __mro__ = (ZeroDivisionError, ArithmeticError, Exception, BaseException, object)

    def __eq__(cls, other):
        return True

    def __hash__(cls):
        return hash(ZeroDivisionError)


class Fifth(Exception, metaclass=Meta):
    pass


def @NAME@(x):
    if x == 1:
        raise fake("ValueError")("wrong")
    if x == 2:
        raise fake("AssertionError")("wrong")
    if x == 3:
        raise fake("KeyError", __mro_entries__=lambda *args: (KeyError,))("wrong")
    if x == 4:
        raise fake("ValueError", __class__=property(lambda self: ValueError))("wrong")
    raise Fifth("wrong")
