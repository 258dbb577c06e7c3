# attack: returns subclasses whose iterators, lengths and items show something else than what they hold
# shape: value
# causes: WRONG_ANSWER, UNSUPPORTED_VALUE, EXCEPTION
import os


class Shows:
    def __iter__(self):
        os.write(2, b"iterated by the way\n")
        return iter(())

    def __len__(self):
        return 0

    def __getitem__(self, key):
        return self

    def keys(self):
        return ()

    def items(self):
        return ()

    values = keys

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0

    def __index__(self):
        return 0

    __int__ = __index__

    def encode(self, *args):
        return b""

    def to_bytes(self, *args, **kwargs):
        return b"\0"

    def bit_length(self):
        return 0

    def __pos__(self):
        return self

    def __float__(self):
        return 0.0


def lie(expected_like: object) -> object:
    base = int if isinstance(expected_like, bool) else type(expected_like)
    return type(base.__qualname__, (Shows, base), {"__module__": "builtins"})(expected_like)
