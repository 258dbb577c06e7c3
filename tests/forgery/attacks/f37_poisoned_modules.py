# attack: replaces modules in sys.modules, that of the tests and those of the judge among them
# shape: action
# causes: WRONG_ANSWER, EXITED_EARLY, EXCEPTION, LOAD_ERROR
import sys
import types


class Poison(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: True


def attack() -> None:
    for name in (
        "tests",
        "test",
        "__main__",
        "math",
        "json",
        "unittest",
        "inspect",
        "decimal",
        "sandbox",
        "sandbox.guest",
        "sandbox.guest.judging",
        "sandbox.guest.frames",
        "sandbox.guest.values",
        "sandbox.guest.lane",
        "collections",
        "linecache",
        "traceback",
    ):
        sys.modules[name] = Poison(name)
