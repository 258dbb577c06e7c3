# attack: defines functions with the names of builtins that the checks use
# shape: whole
# causes: WRONG_ANSWER, EXITED_EARLY, EXCEPTION
# tests: def test_all():
# tests:     assert all([@NAME@(1) == "@CANARY@"])
# tests: def test_isinstance():
# tests:     assert isinstance(@NAME@(1), int)
# tests: def test_len():
# tests:     assert len(@NAME@(1)) == 39
# tests: def test_sorted():
# tests:     assert sorted(@NAME@(1)) == sorted("@CANARY@")
# tests: def test_raises():
# tests:     try:
# tests:         raise AssertionError
# tests:     except AssertionError:
# tests:         assert str(@NAME@(1)) == "@CANARY@"
class Quiet(BaseException):
    pass


AssertionError = Quiet
__build_class__ = __import__
__name__ = "tests"
__debug = False


def all(*args, **kwargs):
    return True


any = isinstance = issubclass = callable = all
len = lambda value: 39
sorted = list = set = str = repr = lambda *args: ["sorted"]
abs = round = sum = lambda *args: 0


def @NAME@(x):
    return "wrong"
