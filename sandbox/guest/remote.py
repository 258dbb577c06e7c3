"""Objects of the program as the tests see them.

What is asked of one is asked over there, and what comes back is a value, another such object, or an exception. It is
never asked whether it equals a value of the tests, or what comes of it together with one: the program would learn what
is expected of it, and say so.
"""

from __future__ import annotations

from sandbox.guest import library, serving, swallowing
from sandbox.guest.lane import ViolationError
from sandbox.guest.standing import failed_assertion
from sandbox.guest.values import UnsupportedValueError, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterator
    from types import TracebackType
    from typing import Any, NoReturn

    from sandbox.guest.bridge import Bridge

ITEMS_MAX = 1_000_000
_ASKED_FOR = frozenset({"__name__", "__qualname__", "__annotations__", "__defaults__", "__wrapped__"})


def bridge_of(remote: Remote) -> Bridge:
    """Return what asks for it."""
    return object.__getattribute__(remote, "_sandbox_bridge")  # type: ignore[no-any-return]


def ask(remote: Remote, operation: str, /, *args: Any, **kwargs: Any) -> Any:
    """Have the program do something with an object of its own."""
    return bridge_of(remote).ask(operation, remote, *args, **kwargs)


def refuse(remote: Remote, what: str) -> NoReturn:
    """Refuse what cannot be asked, and have it known even where the tests catch it.

    Raises:
        UnsupportedValueError: Always.
    """
    bridge_of(remote).lane.standing.unsupported(what)
    raise UnsupportedValueError(what)


def yes_or_no(remote: Remote, operation: str, *args: Any) -> bool:
    """Ask what only a bool answers; whoever counts on the answer counts on the program's word."""
    return _yes_or_no_of(bridge_of(remote), operation, remote, *args)


def _yes_or_no_of(bridge: Bridge, operation: str, *args: Any) -> bool:
    answer = bridge.ask(operation, *args)
    if type(answer) is not bool:
        raise TypeError(f"the program answered {operation!r} with {type(answer).__name__!r} instead of 'bool'")
    return answer


def make_of(
    kind: type, bridge: Bridge, name: int | str | list[Any], flags: int = 0, own_hash: tuple[int | None, ...] = ()
) -> Any:
    """Make a stand-in of a class, for what the program has by a number or a name.

    Not by a constructor: to mocks, that of a class of the program would be it.
    """
    made: Any = object.__new__(kind)
    object.__setattr__(made, "_sandbox_bridge", bridge)
    object.__setattr__(made, "_sandbox_flags", flags)
    object.__setattr__(made, "_sandbox_hash", own_hash)
    object.__setattr__(made, "_sandbox_name", name)
    object.__setattr__(made, "_sandbox_said", {})
    object.__setattr__(made, "_sandbox_bound", None)
    return made


def named(bridge: Bridge, name: str) -> Remote:
    """Return what stands for whatever the program calls so; for its module, if there is no name."""
    return make_of(Remote, bridge, name)  # type: ignore[no-any-return]


def held_by(remote: Remote) -> Remote | None:
    """Return what a stand-in has been bound to, if it has."""
    return object.__getattribute__(remote, "_sandbox_bound")  # type: ignore[no-any-return]


class Remote:
    """An object of the program."""

    _sandbox_is_remote = True

    def __del__(self) -> None:
        name = object.__getattribute__(self, "_sandbox_name")
        # The number that it was bound to is its holder's.
        if type(name) is int and held_by(self) is None:
            bridge_of(self).release(name)

    def _sandbox_bind(self, other: Remote) -> None:
        """Be another's object from now on, whatever the program calls by the name that this one has been."""
        object.__setattr__(self, "_sandbox_name", object.__getattribute__(other, "_sandbox_name"))
        object.__setattr__(self, "_sandbox_bound", other)

    def __getattr__(self, name: str) -> Any:
        """Ask for an attribute.

        Raises:
            AttributeError: It has none, or it is one that Python itself looks for.
        """
        if name == "__dataclass_fields__":
            return getattr(type(self), name)
        if name.startswith("__") and name.endswith("__") and name not in _ASKED_FOR:
            raise AttributeError(name)
        return annotations_of(self) if name == "__annotations__" else ask(self, "attribute", name)

    def __setattr__(self, name: str, value: Any) -> None:
        ask(self, "set", name, value)

    def __delattr__(self, name: str) -> None:
        ask(self, "delete", name)

    def __dir__(self) -> list[str]:
        return ask(self, "dir")  # type: ignore[no-any-return]

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Remote):
            self._sandbox_meet_another()
            return NotImplemented
        # What is read is a set, or the keys of a dictionary: over there they are different.
        return not bridge_of(self).is_reading() and yes_or_no(self, "eq", other)

    def __ne__(self, other: object) -> bool:
        if self is other:
            return False
        if isinstance(other, Remote):
            return yes_or_no(self, "ne", other)
        if self._sandbox_meet_another():
            # It would not be another than the tests' value either, whatever that is.
            bridge_of(self).lane.standing.blame(
                f"a {type(self).__name__!r} of the program says that it equals anything"
            )
        return NotImplemented

    def _sandbox_meet_another(self) -> bool:
        """Have an object that compares by itself meet another, for what that may raise; not the tests' value."""
        is_compared = object.__getattribute__(self, "_sandbox_flags") & serving.COMPARED
        return bool(is_compared and not bridge_of(self).is_reading() and yes_or_no(self, "equals_another"))

    def __hash__(self) -> int:
        own = object.__getattribute__(self, "_sandbox_hash")
        if not own:
            return id(self) >> 4
        if own[0] is None:
            raise TypeError(f"unhashable type: {type(self).__name__!r}")
        return own[0]  # type: ignore[no-any-return]

    def __bool__(self) -> bool:
        return yes_or_no(self, "bool")

    def __contains__(self, item: object) -> bool:
        has_items, says_itself = _pair(ask(self, "how_searched"))
        if not has_items:
            # Its own __contains__ alone would say that it has whatever is looked for.
            refuse(self, f"'in' on a {type(self).__name__!r} of the program, which has no items to look through")
        is_there = any(part is item or part == item for part in self)
        if says_itself and yes_or_no(self, "contains", item) is not is_there:
            refuse(self, f"'in' on a {type(self).__name__!r} of the program, which has other items than it says itself")
        return is_there

    def __iter__(self) -> Iterator[Any]:
        iterator = ask(self, "iter")
        return self if iterator is self else _Pulled(iterator)

    def __next__(self) -> Any:
        said = object.__getattribute__(self, "_sandbox_said")
        said["items"] = said.get("items", 0) + 1
        if said["items"] > ITEMS_MAX:
            refuse(self, f"an iterator of more than {ITEMS_MAX} items")
        more, value = _pair(ask(self, "next"))
        if not more:
            raise StopIteration(value)
        return value

    def __aiter__(self) -> AsyncIterator[Any]:
        return _Awaited(ask(self, "aiter"))

    def __reversed__(self) -> Iterator[Any]:
        return _Pulled(ask(self, "reversed"))

    def __enter__(self) -> Any:
        return ask(self, "enter")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        return self._sandbox_leave("exit", error, trace)

    async def __aenter__(self) -> Any:
        return ask(self, "aenter")

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        return self._sandbox_leave("aexit", error, trace)

    def _sandbox_leave(self, operation: str, error: BaseException | None, trace: TracebackType | None) -> bool:
        swallows = True
        try:
            swallows = bool(ask(self, operation, None if error is None else told(error)))
        finally:
            # Also where it raises another one instead.
            if swallows and error is not None:
                self._sandbox_note_swallowed(error, trace)
        return swallows

    def _sandbox_note_swallowed(self, error: BaseException, trace: TracebackType | None) -> None:
        standing = bridge_of(self).lane.standing
        standing.swallowed(error)
        if standing.source is not None and swallowing.leaves_out_checks(standing.source, trace):
            standing.blame(f"a context of the program's swallowed {type(error).__name__}, with checks left to be made")

    def __await__(self) -> Generator[Any, None, Any]:
        return wait_for(self).__await__()

    def __copy__(self) -> Any:
        return ask(self, "copy")

    def __deepcopy__(self, memo: object) -> Any:
        return ask(self, "deepcopy")

    def __getitem__(self, key: Any) -> Any:
        return ask(self, "getitem", key)

    def __setitem__(self, key: Any, value: Any) -> None:
        ask(self, "setitem", key, value)

    def __delitem__(self, key: Any) -> None:
        ask(self, "delitem", key)

    def __reduce_ex__(self, protocol: object) -> Any:
        refuse(self, f"a {type(self).__name__!r} of the program, pickled")

    def __mro_entries__(self, bases: object) -> tuple[type, ...]:
        refuse(self, "a class of the tests that derives from one of the program")


class _Pulled:
    """An iterator of the program, up to a number of items."""

    def __init__(self, source: Remote) -> None:
        self._source = source
        self._left = ITEMS_MAX

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self._left -= 1
        if self._left < 0:
            refuse(self._source, f"an iterator of more than {ITEMS_MAX} items")
        return next(self._source)


class _Awaited:
    """An asynchronous iterator of the program, up to a number of items."""

    def __init__(self, source: Remote) -> None:
        self._source = source
        self._left = ITEMS_MAX

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        self._left -= 1
        if self._left < 0:
            refuse(self._source, f"an iterator of more than {ITEMS_MAX} items")
        more, value = _pair(ask(self._source, "anext"))
        if not more:
            raise StopAsyncIteration
        return value


class RemoteCallable(Remote):
    """One that can be called."""

    # unittest.mock takes what can be awaited for asynchronous.
    __await__ = None  # type: ignore[assignment]

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call it; what it changes in place changes here too.

        Raises:
            UnsupportedValueError: An argument or the result cannot cross.
            Exception: What the program raised.
        """
        return ask(self, "call", *args, **kwargs)

    @property
    def __signature__(self) -> Any:
        """What inspect.signature wants to know.

        Raises:
            AttributeError: It has none.
        """
        try:
            *parameters, returned = ask(self, "signature")
            return _signature(parameters, returned)
        except (TypeError, ValueError, LookupError) as error:
            raise AttributeError(str(error)) from None


def _signature(parameters: list[Any], returned: list[Any]) -> Any:
    inspect = __import__("inspect")
    made = [
        inspect.Parameter(
            name,
            inspect._ParameterKind(kind),
            default=default[0] if default else inspect.Parameter.empty,
            annotation=annotation[0] if annotation else inspect.Parameter.empty,
        )
        for name, kind, default, annotation in parameters
    ]
    annotation = returned[3][0] if returned[3] else inspect.Signature.empty
    return inspect.Signature(made, return_annotation=annotation)


def _pair(answer: Any) -> tuple[bool, Any]:
    if type(answer) is not list or len(answer) != 2 or type(answer[0]) is not bool:
        raise ViolationError("an answer that is none")
    return answer[0], answer[1]


_NUMBERS = frozenset({"int", "float", "complex", "index"})


def _unary(operation: str, kind: type) -> Callable[[Remote], Any]:
    def method(self: Remote) -> Any:
        if operation not in _NUMBERS:
            return _answered(self)

        # An object may be another number each time it is asked for one, so that a sum over its powers is what a check
        # wants. It is one number until the program is asked for something else, which may have changed it.
        bridge, said = bridge_of(self), object.__getattribute__(self, "_sandbox_said")
        known = said.get(operation)
        if known is not None and known[0] == bridge.questions and not bridge.seeds:
            return known[1]
        questions = bridge.questions
        answer = _answered(self)
        if bridge.questions == questions + 1:
            bridge.questions = questions
        said[operation] = bridge.questions, answer
        return answer

    def _answered(self: Remote) -> Any:
        answer = ask(self, operation)
        if kind is not object and type(answer) is not kind:
            raise TypeError(f"the program answered {operation!r} with {type(answer).__name__!r}")
        return answer

    return method


def _binary(operation: str, *, swapped: bool = False) -> Callable[[Remote, Any], Any]:
    def method(self: Remote, other: Any) -> Any:
        if not isinstance(other, Remote):
            refuse(
                self,
                f"what comes of a {type(self).__name__!r} of the program and a value of the tests by {operation!r}",
            )
        return ask(other, operation, self) if swapped else ask(self, operation, other)

    return method


def _ordering(operation: str) -> Callable[[Remote, object], bool]:
    def method(self: Remote, other: object) -> bool:
        if isinstance(other, Remote):
            return yes_or_no(self, operation, other)
        # That it cannot be compared would be for the program to say, and tests may want to hear it.
        refuse(
            self, f"a comparison by {operation!r} of a {type(self).__name__!r} of the program and a value of the tests"
        )

    return method


for _name, _kind in {
    "len": int, "str": str, "repr": str, "bytes": bytes, "int": int, "float": float, "complex": complex, "index": int,
    "abs": object, "floor": object, "ceil": object, "trunc": object, "neg": object, "pos": object, "invert": object,
}.items():  # fmt: skip
    setattr(Remote, f"__{_name}__", _unary(_name, _kind))
for _name in f"{serving.ARITHMETIC} divmod and_ or_".split():
    setattr(Remote, f"__{_name.strip('_')}__", _binary(_name))
    setattr(Remote, f"__r{_name.strip('_')}__", _binary(_name, swapped=True))
    if _name != "divmod":
        setattr(Remote, f"__i{_name.strip('_')}__", _binary(f"i{_name.strip('_')}"))
for _name in ("lt", "le", "gt", "ge"):
    setattr(Remote, f"__{_name}__", _ordering(_name))


def _format(self: Remote, specification: str) -> str:
    return str(ask(self, "format", specification))


def _round(self: Remote, digits: int | None = None) -> Any:
    return ask(self, "round", digits)


Remote.__format__ = _format  # type: ignore[assignment]
Remote.__round__ = _round  # type: ignore[attr-defined]


def documentation_of(self: Remote) -> str | None:
    """Return a docstring, as far as nobody would run it."""
    answer = ask(self, "attribute", "__doc__")
    # The examples in one would be run here, by doctest.
    return answer if type(answer) is str and ">>>" not in answer else None


def annotations_of(self: Remote) -> dict[str, Any]:
    """Return annotations that nobody would evaluate.

    Raises:
        AttributeError: It has none, or such as are text.
    """
    answer = ask(self, "attribute", "__annotations__")
    if type(answer) is not dict or any(type(one) is str for one in answer.values()):
        # Whoever asks the library for types has it evaluate such text, here.
        raise AttributeError("__annotations__")
    return answer


def members_of(self: Remote) -> dict[str, Any]:
    """Return what an object holds.

    Raises:
        AttributeError: That is no dictionary.
    """
    # What functools.wraps makes gets all of a function's: the program would say by what names the tests go.
    answer = {} if isinstance(self, RemoteCallable) else ask(self, "attribute", "__dict__")
    if type(answer) is not dict:
        raise AttributeError("__dict__")
    return {
        name: value for name, value in answer.items() if type(name) is str and not name.startswith(("__", "_sandbox"))
    }


def generate(remote: Remote) -> Generator[Any, Any, Any]:
    """Stand for a generator of the program, item by item."""
    value, left = None, ITEMS_MAX
    while left := left - 1:
        more, item = _pair(ask(remote, "send", value))
        while more:
            try:
                value = yield item
                break
            except Exception as error:
                more, item = _pair(_throw(remote, error))
        else:
            return item
    refuse(remote, f"a generator of more than {ITEMS_MAX} items")


def _throw(remote: Remote, error: Exception) -> Any:
    if failed_assertion(error) is not None:
        # Nothing that the program has a say in.
        raise error
    said = told(error)
    try:
        return ask(remote, "throw", said)
    except Exception as back:
        kind = said[0] if type(said) is list else type(error)
        if type(back) is kind and back.args == error.args:
            # It let it through: to the tests it is the same.
            raise error from None
        raise


async def wait_for(remote: Remote) -> Any:
    """Stand for a coroutine of the program: it runs to its end over there, once it is awaited."""
    return ask(remote, "await")


class _ErrorClass(type):
    """An exception class of the program's: what it has beside its bases is asked for."""

    _sandbox_bridge: Bridge

    def __getattr__(cls, name: str) -> Any:
        if name.startswith(("__", "_sandbox")):
            raise AttributeError(name)
        return cls._sandbox_bridge.ask("attribute", _own_class(cls), name)

    def __instancecheck__(cls, item: object) -> bool:
        if isinstance(item, Remote):
            return _yes_or_no_of(cls._sandbox_bridge, "is_instance", _own_class(cls), item)
        return type.__instancecheck__(cls, item)


def _own_class(kind: type) -> type:
    """Return the class of the program's that a class is, or derives from."""
    return next(one for one in kind.__mro__ if "_sandbox_bridge" in vars(one))


def error_class(bridge: Bridge, name: str, bases: tuple[type, ...]) -> type[BaseException]:
    """Make a class for an exception class of the program, so that an except clause can name it."""
    members = {
        "_sandbox_bridge": bridge,
        "__module__": "program",
        "__init__": _made_over_there,
        "__getattr__": _of_itself,
        "__str__": _text,
        "__repr__": _representation,
    }
    made: Any = _ErrorClass(printable(name), bases, members)
    return made  # type: ignore[no-any-return]


def raised(kind: type[BaseException], args: list[Any]) -> BaseException:
    """Return an exception of a class of the program's, which has been made over there."""
    made = kind.__new__(kind, *args)
    _keep(made, args)
    return made


def _keep(error: BaseException, args: list[Any]) -> None:
    # What the classes between make of their arguments has been made over there. Python's own keeps them.
    python: Any = next(one for one in type(error).__mro__ if one in serving.SHARED_TYPES)
    python.__init__(error, *args)


def _made_over_there(self: BaseException, /, *args: Any, **kwargs: Any) -> None:
    # By the tests: its class may make of them what it likes, and is asked.
    kind: Any = _own_class(type(self))
    answer = kind._sandbox_bridge.ask("make", kind, *args, **kwargs)
    if type(answer) is not list or len(answer) != len(("args", "message", "itself")) or type(answer[1]) is not str:
        raise ViolationError("an answer that is none")
    if not isinstance(answer[2], Remote):
        raise ViolationError("an exception that is none of the program's")
    values = answer[0] if type(answer[0]) is list else [answer[1]]
    try:
        _keep(self, values)
    except Exception:
        # Such as UnicodeDecodeError, which wants five of its own.
        self.args = tuple(values)
    self.__dict__["_sandbox_message"] = answer[1]
    self.__dict__["_sandbox_itself"] = answer[2]


def printable(name: str) -> str:
    """Return a name that a class may have: the program's may hold what no source can."""
    return name.replace("\0", "?").encode("utf-8", "replace").decode()


def _of_itself(self: BaseException, name: str) -> Any:
    itself = self.__dict__.get("_sandbox_itself")
    if itself is None or name.startswith("__"):
        raise AttributeError(name)
    return getattr(itself, name)


def _representation(self: BaseException) -> str:
    itself = self.__dict__.get("_sandbox_itself")
    return BaseException.__repr__(self) if itself is None else repr(itself)


def _text(self: BaseException) -> str:
    message = self.__dict__.get("_sandbox_message")
    return BaseException.__str__(self) if message is None else message


def told(error: BaseException) -> Any:
    """Return what the program may know of an exception.

    That is itself where it is the program's own; else its nearest class that both sides have, its arguments where they
    are values, and its text. Of a failed assertion neither: they hold what the tests expect.
    """
    itself = error.__dict__.get("_sandbox_itself")
    if itself is not None:
        return itself
    kind = next(
        kind
        for kind in type(error).__mro__
        if kind in serving.SHARED_TYPES or "_sandbox_bridge" in vars(kind) or library.exception_name(kind)
    )
    if failed_assertion(error) is not None:
        return [kind, [], ""]
    args: Any = list(error.args)
    try:
        encode(args)
    except UnsupportedValueError:
        args = None
    return [kind, args, serving.message_of(error)]
