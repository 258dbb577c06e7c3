"""The program's names as the tests see them: callables whose arguments and results cross as values."""

from __future__ import annotations

import builtins
import sys

from sandbox.guest import frames, values
from sandbox.guest import program as role
from sandbox.guest.lane import Lane, ProgramRaisedError, ViolationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    _Names = dict[str, Any]
else:
    _Names = dict


class ProgramNames(_Names):
    """The tests' global namespace. What the tests do not define and Python does not either is the program's.

    Python's own names win over the program's: a program that defines `all` or `isinstance` must not redefine them for
    its judge.
    """

    def __init__(self, lane: Lane, kinds: dict[str, tuple[str, str]]) -> None:
        super().__init__(__name__="tests", __builtins__=builtins)
        self._lane = lane
        self._kinds = kinds

    def __missing__(self, name: str) -> Any:
        """Resolve a name that the tests use and do not define.

        Raises:
            KeyError: It is one of Python's own, or nobody has it; the interpreter turns this into NameError.
        """
        if hasattr(builtins, name):
            raise KeyError(name)
        # From here on the program is asked for something: a failure is its failure.
        self._lane.contacted = True
        kind, module_name = self._kinds.get(name, ("", ""))
        if kind == "callable":
            return RemoteFunction(self._lane, name)
        if kind == "module" and module_name in sys.stdlib_module_names and not module_name.startswith("_"):
            # Tests of exec(program + tests) data sets use the program's imports. The module is the tests' own copy.
            __import__(module_name)
            return sys.modules[module_name]
        if kind:
            return read_answer(*self._lane.request(role.GET, name))[0]
        raise KeyError(name)


class RemoteFunction:
    """A callable of the program. Calling it sends values and brings values back."""

    def __init__(self, lane: Lane, name: str) -> None:
        self._lane = lane
        self.__name__ = self.__qualname__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the program.

        Raises:
            UnsupportedValueError: An argument or the result cannot cross.
            Exception: Whatever builtin exception the program raised.
        """
        answer = self._lane.request(role.CALL, [self.__name__, list(args), kwargs])
        value, args_after, kwargs_after = read_answer(*answer)
        _copy_back(args, args_after, kwargs, kwargs_after)
        return value


def read_answer(kind: int, payload: bytes) -> list[Any]:
    """Turn an answer into [value, arguments after, keyword arguments after], or raise what the program raised.

    Raises:
        ViolationError: The answer has not the form of one.
        UnsupportedValueError: The program returned what cannot cross.
        Exception: What the program raised.
    """
    if kind == role.UNSUPPORTED:
        raise values.UnsupportedValueError(payload[: frames.MESSAGE_BYTES_MAX].decode("utf-8", "backslashreplace"))
    try:
        body = values.decode(payload)
    except values.MalformedValueError as error:
        raise ViolationError(f"a malformed value: {error}") from None
    if kind == role.RETURNED and type(body) is list and len(body) == len(("value", "args", "kwargs")):
        return body
    if kind == role.THREW and type(body) is list and [type(part) for part in body] == [list, str, str]:
        raise _exception(*body)
    raise ViolationError("an answer that is none")


_LOOP_ENDINGS = frozenset({"StopIteration", "StopAsyncIteration"})
"""Raised in the tests' process these would end its loops early and in silence, and with them its checks."""


def _exception(ancestors: list[Any], name: str, message: str) -> Exception:
    """Build what the tests see of the program's exception: the nearest builtin class that it derives from."""
    for ancestor in ancestors:
        if ancestor in _LOOP_ENDINGS:
            continue
        base = getattr(builtins, ancestor, None) if type(ancestor) is str else None
        if isinstance(base, type) and issubclass(base, Exception):
            try:
                raised: Exception = base(message)
            except TypeError:
                # Such as UnicodeDecodeError, which wants five arguments.
                continue
            break
    else:
        raised = ProgramRaisedError(message)
    raised.__dict__["raised_by_program"] = name
    return raised


def _copy_back(args: tuple[Any, ...], after: Any, kwargs: dict[str, Any], kwargs_after: Any) -> None:
    """Write what the program changed in place into the tests' own objects."""
    if type(after) is not list or len(after) != len(args) or type(kwargs_after) is not dict:
        raise ViolationError("an answer with other arguments than its call")
    pairs = [
        *zip(args, after, strict=True),
        *((kwargs[name], value) for name, value in kwargs_after.items() if name in kwargs),
    ]
    for mine, theirs in pairs:
        if theirs is None or type(mine) is not type(theirs):
            continue
        if isinstance(mine, (list, bytearray)):
            mine[:] = theirs
        elif isinstance(mine, (dict, set)):
            mine.clear()
            mine.update(theirs)
