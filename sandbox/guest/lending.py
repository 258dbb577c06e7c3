"""What the program may do with an object of the tests that it was given.

The object stays in the tests' process, and so does all that it can reach: a path opens any file there, a logger's
handler writes to one, a case of unittest says when things are equal. So what the library made can be used only as far
as the tables below say, and nothing of it can be set. What the tests' own classes define is for the program to use.
"""

from __future__ import annotations

import sys
import types

from sandbox.guest import serving

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TESTS_MODULE = "tests"
"""What the tests' own classes and functions say they are of."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_READ_AND_WRITE = _names(
    "close closed encoding errors fileno flush getvalue isatty newlines read readable readline readlines seek seekable "
    "tell truncate writable write writelines __enter__ __exit__ __iter__ __next__"
)
_FLAG = _names("acquire clear is_set locked release set wait __enter__ __exit__")
_QUEUE = _names("empty full get get_nowait join maxsize put put_nowait qsize task_done")
_RANDOM = _names(
    "betavariate choice choices expovariate gammavariate gauss getrandbits lognormvariate normalvariate paretovariate "
    "randbytes randint random randrange sample seed shuffle triangular uniform vonmisesvariate weibullvariate"
)
_LIBRARY: dict[tuple[str, str], frozenset[str]] = {
    ("_io", "StringIO"): _READ_AND_WRITE,
    ("_io", "BytesIO"): _READ_AND_WRITE,
    # Files that the tests have opened. Not their names, nor what is below their bytes.
    ("_io", "TextIOWrapper"): _READ_AND_WRITE | {"buffer"},
    ("_io", "BufferedReader"): _READ_AND_WRITE,
    ("_io", "BufferedWriter"): _READ_AND_WRITE,
    ("_io", "BufferedRandom"): _READ_AND_WRITE,
    ("sandbox.guest.judging", "_Printed"): _READ_AND_WRITE,
    ("_queue", "SimpleQueue"): _QUEUE,
    ("queue", "Queue"): _QUEUE,
    ("queue", "LifoQueue"): _QUEUE,
    ("queue", "PriorityQueue"): _QUEUE,
    ("threading", "Event"): _FLAG,
    ("threading", "Semaphore"): _FLAG,
    ("_thread", "lock"): _FLAG,
    ("_thread", "RLock"): _FLAG,
    ("_random", "Random"): _RANDOM,
    ("random", "Random"): _RANDOM,
    ("logging", "Logger"): _names("critical debug error exception info isEnabledFor level log name warning"),
    ("re", "Pattern"): _names(
        "findall finditer flags fullmatch groupindex groups match pattern search split sub subn __repr__"
    ),
    ("re", "Match"): _names(
        "end endpos expand group groupdict groups lastgroup lastindex pos span start string __getitem__ __repr__"
    ),
    ("enum", "Enum"): frozenset({"name", "value"}),
    ("functools", "KeyWrapper"): frozenset({"__lt__"}),
    ("unittest.mock", "_SentinelObject"): frozenset({"name"}),
    ("contextlib", "nullcontext"): frozenset({"__enter__", "__exit__"}),
    ("builtins", "object"): frozenset(),
}
"""By module and name of the class that defines it: what may be called or read."""
_BAGS = frozenset({("types", "SimpleNamespace"), ("argparse", "Namespace")})
"""Objects that hold what the tests have put there, and nothing else."""
_HARMLESS = _names("__bool__ __eq__ __hash__ __len__ __repr__ __str__")
"""Of every object that is lent at all."""
_OF_BAGS = _names("__contains__ __lt__")
_MIXINS = frozenset({"builtins", "typing", "abc", "collections", "collections.abc"})
"""Modules of classes that do nothing but by what their objects hold and define."""
_IN_MEMORY = frozenset(("_io", name) for name in ("StringIO", "BytesIO", "_TextIOBase", "_BufferedIOBase", "_IOBase"))
_PLAIN = frozenset({type(None), bool, int, float, str, bytes, list, tuple, dict, set})
_CALLED = (
    types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.MethodWrapperType,
    types.MethodDescriptorType, types.WrapperDescriptorType, types.ClassMethodDescriptorType,
)  # fmt: skip
_CALLED_OF_LIBRARY = frozenset(
    {
        ("functools", "partial"),
        ("functools", "_lru_cache_wrapper"),
        ("functools", "KeyWrapper"),
        ("operator", "itemgetter"),
        ("operator", "attrgetter"),
        ("operator", "methodcaller"),
        ("builtins", "staticmethod"),
        ("numpy", "ufunc"),
        ("numpy", "_ArrayFunctionDispatcher"),
    }
)


def flags_of(item: Any) -> int:
    """Return how the program may use an object of the tests; 0 where it may not at all."""
    kind = type(item)
    if kind in _CALLED:
        return serving.FOREIGN_CALLABLE
    if isinstance(item, type):
        # To call it runs the constructors of all its bases, here.
        may_be_made = is_of_tests(item) and all(_works_by_itself(base) for base in item.__mro__)
        return serving.FOREIGN_CALLABLE if may_be_made else 0
    is_iterator = hasattr(kind, "__next__") and not _is_mock(item)
    if is_iterator and not hasattr(kind, "readline"):
        return serving.FOREIGN_ITERATOR
    is_known = _place(kind) in _BAGS or _place(kind) in _LIBRARY or issubclass(kind, BaseException)
    is_own = is_of_tests(kind) or _is_mock(item)
    may_call = (is_own and callable(item)) or _place(kind) in _CALLED_OF_LIBRARY
    if not is_own and not is_known:
        return serving.FOREIGN_CALLABLE if may_call else 0
    # A stream is its own iterator.
    more = (serving.FOREIGN_CALLABLE if may_call else 0) | (serving.FOREIGN_ITERATOR if is_iterator else 0)
    return serving.FOREIGN_OBJECT | more


def described(item: Any) -> tuple[str, str] | tuple[()]:
    """Return the name and the docstring of a function, for a decorator of the program's; never those of a check."""
    if type(item) is not types.FunctionType or item.__name__.startswith("test"):
        return ()
    return item.__name__, item.__doc__ or ""


def is_of_tests(kind: type) -> bool:
    """Tell whether the tests have defined a class."""
    return kind.__module__ == TESTS_MODULE


def may_read(item: Any, name: str) -> bool:
    """Tell whether the program may have an attribute, or do what a method of Python's own name does.

    Args:
        item: An object that `flags_of` lets it use.
        name: The attribute, which is not private; or such as `__len__`.
    """
    kind = type(item)
    if _is_mock(item):
        wrapped = vars(item).get("_mock_wraps")
        is_lent = wrapped is None or (flags_of(wrapped) & serving.FOREIGN_OBJECT and may_read(wrapped, name))
        return bool(is_lent) and (name.startswith("__") or not _is_of_mocks(name))
    is_listed = any(name in _LIBRARY.get(_place(base), ()) for base in kind.__mro__)
    if is_listed or name in _HARMLESS or (_place(kind) in _BAGS and name in _OF_BAGS):
        return True
    for base in kind.__mro__:
        if name in vars(base):
            if issubclass(base, BaseException) and not is_of_tests(base):
                # What an exception holds, such as errno; not what it does.
                return not callable(vars(base)[name])
            return is_of_tests(base) or base.__module__ in _MIXINS
    if name in _held(item):
        return _place(kind) in _BAGS or issubclass(kind, BaseException) or all(map(_works_by_itself, kind.__mro__))
    # Made by a __getattr__ of the tests, or not there.
    return is_of_tests(kind)


def has(item: Any, name: str) -> bool:
    """Tell whether an object has an attribute, without running anything to find out."""
    return name in _held(item) or any(name in vars(base) for base in type(item).__mro__)


def may_have(item: Any) -> bool:
    """Tell whether the program may have what an attribute of a lent object is: no method of what is not lent itself."""
    owner = getattr(item, "__self__", None) if type(item) in _CALLED else None
    if owner is None or isinstance(owner, (type, types.ModuleType)):
        return True
    kind = type(owner)
    is_lent = flags_of(owner) & serving.FOREIGN_OBJECT and may_read(owner, item.__name__)
    return kind.__module__ in _MIXINS or is_of_tests(kind) or bool(is_lent)


def may_set(target: Any, name: str, value: Any) -> bool:
    """Tell whether a program may set an attribute: one that holds data, never one by which a tests' object works.

    A recorder that the program is given must not come to say what the program likes: neither by a method that is put
    before its own, nor by what a stand-in of unittest.mock counts with, nor by another object in the place of one.
    """
    kind = type(target)
    present = _present(target, name)
    if callable(present) or _is_mock(present):
        return False
    if _is_mock(target):
        is_known = name in vars(target).get("_mock_children", ())
        return not is_known and not _is_of_mocks(name) and type(value) in _PLAIN
    if not (is_of_tests(kind) or _place(kind) in _BAGS) or not all(map(_works_by_itself, kind.__mro__)):
        return False
    for base in kind.__mro__:
        if name in vars(base):
            found = vars(base)[name]
            is_method = callable(found) or isinstance(found, (classmethod, staticmethod))
            # Such as a cached property: what is set stands before it.
            is_computed = hasattr(type(found), "__get__") and not hasattr(type(found), "__set__")
            return is_of_tests(base) and not is_method and not is_computed
    # A new function, as a callback, is data; but not where something is made when it is asked for.
    return not callable(value) or not hasattr(kind, "__getattr__")


def _held(item: Any) -> dict[str, Any]:
    """Return what an object itself holds, without asking it."""
    try:
        held = object.__getattribute__(item, "__dict__")
    except AttributeError:
        return {}
    return held if type(held) is dict else {}


def _present(target: Any, name: str) -> Any:
    """Return what an attribute is now, or None; nothing of the tests' is run to find out."""
    held = _held(target)
    if name in held:
        return held[name]
    for base in type(target).__mro__:
        if type(found := vars(base).get(name)) is types.MemberDescriptorType:
            try:
                return found.__get__(target)
            except AttributeError:
                return None
    return None


def _works_by_itself(base: type) -> bool:
    """Tell whether a class brings nothing of the library's that works by attributes of its objects."""
    known = _place(base) in _BAGS or _place(base) in _IN_MEMORY
    return is_of_tests(base) or base.__module__ in _MIXINS or base.__module__ == "enum" or known


def _place(kind: type) -> tuple[str, str]:
    return kind.__module__, kind.__qualname__


def _mocks() -> tuple[type, ...]:
    mock = sys.modules.get("unittest.mock")
    return (mock.NonCallableMock,) if mock is not None else ()


def _is_mock(item: Any) -> bool:
    return issubclass(type(item), _mocks())


def _is_of_mocks(name: str) -> bool:
    """Tell whether a name is one that a mock works by, or tells by what it was used for."""
    mock = sys.modules["unittest.mock"]
    of_objects = {"method_calls"}
    return name in of_objects or any(hasattr(kind, name) for kind in (mock.MagicMock, mock.AsyncMock))
