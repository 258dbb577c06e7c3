# attack: an object with side effects wherever a serializer may look
# shape: value
# causes: UNSUPPORTED_VALUE, WRONG_ANSWER, EXITED_EARLY
import os


def effect(*args, **kwargs):
    os.write(2, b"a side effect\n")
    os._exit(0)


class Traps:
    __reduce__ = __reduce_ex__ = __getstate__ = __setstate__ = __copy__ = __deepcopy__ = effect
    __getnewargs__ = __getnewargs_ex__ = __json__ = __conform__ = __dataclass_fields__ = effect
    __fspath__ = __index__ = __int__ = __float__ = __bytes__ = __complex__ = __length_hint__ = effect
    __array__ = __array_interface__ = __buffer__ = effect

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


class Text(Traps, str):
    pass


def lie(expected_like: object) -> object:
    return Text("wrong") if isinstance(expected_like, str) else Traps()
