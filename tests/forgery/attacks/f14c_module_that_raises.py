# attack: puts an object in the place of its module, that knows all names and is never tested
# shape: whole
# causes: EXCEPTION, WRONG_ANSWER, UNSUPPORTED_VALUE, EXITED_EARLY
import sys


class Everything:
    __test__ = False
    __all__ = ()

    def __getattr__(self, name):
        return self

    def __call__(self, *args):
        return self

    def __eq__(self, other):
        return True


def __getattr__(name):
    raise SystemExit(0)


def __dir__():
    return []


@NAME@ = Everything()
sys.modules["program"] = sys.modules["tests"] = @NAME@
