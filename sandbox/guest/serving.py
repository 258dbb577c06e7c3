"""The program's side of the calls: objects that cannot cross stay here, and the tests hold their numbers.

All of it runs in the process that the program owns. Nothing here guards anything: it is how an honest program answers.
"""

from __future__ import annotations

import _operator as operator
import _thread
import builtins
import types

from sandbox.guest import exchange, frames, library, sharing, values
from sandbox.guest.arranging import arrange
from sandbox.guest.foreign import (
    Foreign,
    ForeignCallable,
    ForeignCallableObject,
    ForeignObject,
    ForeignStream,
    pull,
)
from sandbox.guest.values import GLOBAL, LOCAL, REMOTE, UnsupportedValueError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# From the tests: a question with an id that nobody can guess, and the answer to a question asked back.
ASK, REPLY = b"QA"
# From the program: one answer for each question, or a question back while one is open.
RETURNED, THREW, UNSUPPORTED, BACK = b"REUB"
ID_BYTES = 8

CALLABLE, CLASS, ERROR_CLASS, GENERATOR, COROUTINE, COMPARED = 1, 2, 4, 8, 16, 128
"""What an object of the program is, as far as the tests' side must know. COMPARED: by a method of its own."""
OF_CALLABLES, OF_VALUES = 32, 64
"""What objects of a class are: some can be called, some cross as values."""
FOREIGN_CALLABLE, FOREIGN_ITERATOR, FOREIGN_OBJECT = 1, 2, 4
"""What an object of the tests lets the program do: call it, ask it for the next one, use what is not private."""

_MESSAGE_CHARACTERS_MAX = 1_000
_CAUSE: Any = vars(BaseException)["__cause__"]
_CAUSES_MAX = 3
"""As many causes of a cause as cross with an exception."""

SHARED_TYPES = frozenset(
    {int, float, complex, bool, str, bytes, bytearray, list, tuple, dict, set, frozenset, object, type, type(None)}
    | {kind for kind in vars(builtins).values() if isinstance(kind, type) and issubclass(kind, BaseException)}
)
"""Types that both sides have by the same name."""


GIVEN_UP = bytes([THREW]) + values.Encoder(lambda kind: (GLOBAL, values.encode(kind.__name__))).encode(
    [[KeyboardInterrupt, [], ""], []]
)
"""The reply to a question back that the tests have left: the program ends what it was called for."""


def describe(error: BaseException) -> str:
    """Return an exception as one short line. Its `__str__` is the program's and may itself raise."""
    return f"{type(error).__name__}: {message_of(error)}"[:_MESSAGE_CHARACTERS_MAX]


def message_of(error: BaseException) -> str:
    """Return an exception's own text, capped."""
    try:
        return str(error)[:_MESSAGE_CHARACTERS_MAX]
    except BaseException:
        return "(its message could not be made)"


def _attribute(target: Any, name: str) -> Any:
    return getattr(target, name)


def _next(target: Any) -> list[Any]:
    """Return whether there was one more, and it: a StopIteration that crossed could end a loop of the tests."""
    try:
        return [True, next(target)]
    except StopIteration as stop:
        return [False, stop.value]


def _send(target: Any, value: Any) -> list[Any]:
    try:
        return [True, target.send(value)]
    except StopIteration as stop:
        return [False, stop.value]


def _throw(target: Any, told: Any) -> list[Any]:
    try:
        return [True, target.throw(_made(*told) if type(told) is list else told)]
    except StopIteration as stop:
        return [False, stop.value]


def _make_error(target: Any, /, *args: Any, **kwargs: Any) -> list[Any]:
    error = target(*args, **kwargs)
    return [_values_of(error), message_of(error), error]


async def _awaiting(target: Any) -> Any:
    return await target


def _leave(target: Any, told: Any, name: str = "__exit__") -> Any:
    """Leave a context, with what the tests raised in it, if anything: an exception of ours, or one to be made."""
    leave = getattr(target, name)
    if told is None:
        return leave(None, None, None)
    error = _made(*told) if type(told) is list else told
    return leave(type(error), error, None)


def _parameters(target: Any) -> list[list[Any]]:
    """Describe what a function takes, and what it says that it returns: name, kind, default, annotation."""
    signature = __import__("inspect").signature(target)
    nothing = signature.empty
    parts = [[one.name, int(one.kind), one.default, one.annotation] for one in signature.parameters.values()]
    parts.append(["return", -1, nothing, signature.return_annotation])
    # None of it is text that the tests' library would evaluate.
    return [
        [
            name,
            kind,
            [] if default is nothing else [default],
            [] if annotation is nothing or isinstance(annotation, str) else [annotation],
        ]
        for name, kind, default, annotation in parts
    ]


def _how_searched(target: Any) -> list[bool]:
    """Return whether an object has items to look through, and whether it says itself what is in it."""
    kind = type(target)
    has_items = getattr(kind, "__iter__", None) is not None or not hasattr(kind, "__contains__")
    return [has_items, type(getattr(kind, "__contains__", None)) is types.FunctionType]


def _equals_another(target: Any) -> bool:
    """Tell whether an object says that it equals what nobody has ever seen."""
    return bool(target == object())


def _made(kind: type[BaseException], args: list[Any] | None, message: str) -> BaseException:
    try:
        return kind(*args) if args is not None else kind(message)
    except Exception:
        # Such as json's, which is made with more than it says it was.
        return kind.__new__(kind, message) if library.exception_name(kind) else Exception(message)


ARITHMETIC = "add sub mul matmul truediv floordiv mod pow xor lshift rshift"
"""Operations of two operands that may also be done in place."""
_VALUE_TYPES = (int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset)


def _construct(target: Any, /, *args: Any, **kwargs: Any) -> list[Any]:
    """Return what a class makes, and the methods that it loses: those of what crosses as a value."""
    made = target(*args, **kwargs)
    kind = type(made)
    lost: list[str] = []
    if kind is target and issubclass(kind, _VALUE_TYPES):
        own = [_MEMBERS.__get__(base) for base in _MRO.__get__(kind) if base.__module__ == target.__module__]
        lost = [name for members in own for name, one in members.items() if type(one) is types.FunctionType]
    return [made, lost]


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "value": lambda target: target,
    "call": lambda target, /, *args, **kwargs: target(*args, **kwargs),
    "construct": _construct,
    "method": lambda target, name, /, *args, **kwargs: getattr(target, name)(*args, **kwargs),
    "attribute": _attribute,
    "set": setattr,
    "delete": delattr,
    "next": _next,
    "send": _send,
    "throw": _throw,
    "make": _make_error,
    "enter": lambda target: target.__enter__(),
    "exit": _leave,
    "aiter": lambda target: target.__aiter__(),
    "signature": _parameters,
    "own_member": lambda target, name: vars(target)[name],
    "own_names": lambda target: list(vars(target)),
    "fields": lambda target: list(target.__dataclass_fields__),
    "how_searched": _how_searched,
    "contains": lambda target, item: item in target,
    "equals_another": _equals_another,
    "len": len,
    "iter": iter,
    "reversed": reversed,
    "bool": bool,
    "str": str,
    "repr": repr,
    "bytes": bytes,
    "format": format,
    "int": int,
    "float": float,
    "complex": complex,
    "index": operator.index,
    "round": round,
    "abs": abs,
    "floor": lambda target: __import__("math").floor(target),
    "ceil": lambda target: __import__("math").ceil(target),
    "trunc": lambda target: __import__("math").trunc(target),
    "neg": operator.neg,
    "pos": operator.pos,
    "invert": operator.invert,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    "is_instance": lambda target, item: isinstance(item, target),
    "is_subclass": lambda target, item: issubclass(item, target),
    "dir": dir,
    "copy": lambda target: __import__("copy").copy(target),
    "deepcopy": lambda target: __import__("copy").deepcopy(target),
    **{name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    **{name: getattr(operator, name) for name in f"{ARITHMETIC} and_ or_".split()},
    **{f"i{name}": getattr(operator, f"i{name}") for name in f"{ARITHMETIC} and or".split()},
    "divmod": divmod,
}


class Service:
    """Answers the tests' questions about one loaded program."""

    def __init__(self, module: types.ModuleType, calls: int, answers: int, flush: Callable[[], None]) -> None:
        self._module = module
        self._calls = calls
        self._answers = answers
        self._flush = flush
        self._objects: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._last = 0
        # Generators that stand for the tests' iterators have no attribute to keep their number in.
        self._foreign: dict[int, tuple[Any, int]] = {}
        self._known: dict[int, Any] = {}
        self._says_again = False
        # What the tests have had by a name, when they last asked for it.
        self._shared: dict[str, Any] = {}
        self._asked_for: dict[str, Any] = {}
        # The questions that are open, the newest last: id, containers.
        self._open: list[tuple[bytes, list[Any]]] = []
        # By the question within which something was asked back: tests may interrupt one, and ask another.
        self._replies: dict[bytes, bytes] = {}
        self._one_at_a_time = _thread.RLock()
        # One loop for all that is awaited: what a coroutine has begun goes on in the next.
        self._runner: Any = None
        self._operations: dict[str, Callable[..., Any]] = {
            **_OPERATIONS,
            "await": self._wait_for,
            "aenter": lambda target: self._wait_for(target.__aenter__()),
            "aexit": lambda target, told: self._wait_for(_leave(target, told, "__aexit__")),
            "anext": self._next_awaited,
        }

    def _wait_for(self, target: Any) -> Any:
        if self._runner is None:
            self._runner = __import__("asyncio").Runner()
        return self._runner.run(_awaiting(target))

    def _next_awaited(self, target: Any) -> list[Any]:
        try:
            return [True, self._wait_for(target.__anext__())]
        except StopAsyncIteration:
            return [False, None]

    def run(self) -> None:
        """Answer until the tests close their end."""
        while True:
            try:
                kind, body = frames.read_frame(self._calls)
            except frames.EndOfStreamError:
                return
            if kind == ASK:
                self._answer(body[:ID_BYTES], body[ID_BYTES:])

    def _answer(self, call_id: bytes, question: bytes) -> None:
        decoder = values.Decoder(self._resolve)
        try:
            *asked, released, setting = decoder.decode(question)
        except Exception as error:
            # Such as a name of the program that it has deleted since.
            kind, payload = THREW, self._encode([*self.raised(error), []], [])[0]
        else:
            for number in released:
                self._numbers.pop(id(self._objects.pop(number, None)), None)
            self._open.append((call_id, decoder.containers))
            try:
                kind, payload = self._perform(asked, setting, decoder.containers)
            finally:
                self._open.pop()
        self._flush()
        frames.write_frame(self._answers, kind, call_id + payload)

    def _perform(self, asked: list[Any], setting: dict[str, Any], containers: list[Any]) -> tuple[int, bytes]:
        """Do what was asked, and describe what came of it: a value or an exception, and what changed in place."""
        before = exchange.look_at(containers)
        self._says_again = "forked" in setting
        restore = arrange(setting)
        shared = [sharing.SharedByProgram(self._shared_by(name), *one) for name, *one in setting.get("shared", ())]
        raised = True
        try:
            operation, target, args, kwargs = asked
            parts = [self._operations[operation](target, *args, **kwargs)]
            if operation in {"set", "delete"} and target is self._module:
                self._shared.pop(args[0], None)
            raised = False
        except UnsupportedValueError as error:
            return UNSUPPORTED, frames.text(f"the program made {error}")
        except BaseException as error:
            parts = self.raised(error)
        finally:
            restore()
            for one in shared:
                one.bring_into_step()
            self._shared |= self._asked_for
            self._asked_for.clear()
        try:
            answer = [*parts, exchange.changes(containers, before)]
            return THREW if raised else RETURNED, self._encode(answer, containers)[0]
        except UnsupportedValueError as error:
            return UNSUPPORTED, frames.text(f"the program returned {error}")
        except Exception as error:
            return UNSUPPORTED, frames.text(f"the program returned what raises when it is looked at: {describe(error)}")

    def raised(self, error: BaseException, depth: int = 0) -> list[Any]:
        """Describe an exception: class, arguments where they are values, text, itself if it is new, and its cause."""
        own = type(error) not in SHARED_TYPES
        # By force: a class of the program's may raise where it is asked for an attribute.
        cause = _CAUSE.__get__(error)
        described = None if cause is None or depth >= _CAUSES_MAX else self.raised(cause, depth + 1)
        name = type(error).__name__
        return [type(error), _values_of(error), message_of(error), name, error if own else None, described]

    def ask_back(self, foreign: Foreign, operation: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Ask the tests, who are waiting for an answer, something about an object of theirs.

        Raises:
            RuntimeError: They are not waiting.
            Exception: What came of it there.
        """
        with self._one_at_a_time:
            if not self._open:
                raise RuntimeError("the tests are not waiting for the program: their objects cannot be used now")
            call_id, given = self._open[-1]
            question, containers = self._encode([foreign, operation, list(args), kwargs], given)
            self._flush()
            frames.write_frame(self._answers, BACK, call_id + question)
            while call_id not in self._replies:
                kind, body = frames.read_frame(self._calls)
                if kind == REPLY:
                    self._replies[body[:ID_BYTES]] = body[ID_BYTES:]
                else:
                    self._answer(body[:ID_BYTES], body[ID_BYTES:])
            return self._read_reply(self._replies.pop(call_id), containers)

    def _read_reply(self, body: bytes, containers: list[Any]) -> Any:
        *answer, found = values.Decoder(self._resolve, containers).decode(body[1:])
        exchange.apply(found, containers)
        if body[0] == RETURNED:
            return answer[0]
        raise _made(*answer[0]) if type(answer[0]) is list else answer[0]

    def _refer(self, item: Any) -> tuple[bytes, bytes] | None:
        kind = type(item)
        if issubclass(kind, Foreign):
            return LOCAL, values.encode(object.__getattribute__(item, "_sandbox_number"))
        if id(item) in self._foreign and self._foreign[id(item)][0] is item:
            return LOCAL, values.encode(self._foreign[id(item)][1])
        if issubclass(kind, type) and any(item is shared for shared in SHARED_TYPES):
            return GLOBAL, values.encode(item.__name__)
        return REMOTE, values.encode(self._described(item))

    def _described(self, item: Any) -> int | list[Any]:
        """Return an object's number; with what it is when it had none yet, or others than those who ask were told."""
        known = self._numbers.get(id(item))
        if known is not None and not self._says_again:
            return known
        flags = _flags_of(item)
        bases: list[Any] = []
        if flags & ERROR_CLASS:
            # The classes that it derives from, each by a name that both sides have, or like itself.
            bases = [_shared_name(base) or self._described(base) for base in item.__bases__]
            if (name := library.exception_name(item)) is not None:
                bases.insert(0, name)
        elif not flags & CLASS and _is_made_by_statement(type(item)):
            bases = [self._described(type(item))]
        if known is None:
            known = self._last = self._last + 1
            self._numbers[id(item)] = known
            self._objects[known] = item
        named = item if issubclass(type(item), type) else type(item)
        return [known, flags, str(named.__name__), bases, *self._own_hash(item)]

    def _own_hash(self, item: Any) -> list[int | None]:
        """Return an object's hash, where its class has one of its own: none, if it cannot be hashed."""
        own: Any = type(item).__hash__
        if own is object.__hash__:
            return []
        # Not within an answer that is being written: it must not ask the tests anything.
        waiting, self._open = self._open, []
        try:
            return [hash(item)]
        except Exception:
            return [None]
        finally:
            self._open = waiting

    def _encode(self, value: Any, given: list[Any]) -> tuple[bytes, list[Any]]:
        """Encode, or leave everything as it was: the tests must hear of each number once, and in order."""
        last = self._last
        encoder = values.Encoder(self._refer, given)
        try:
            return encoder.encode(value), encoder.containers
        except BaseException:
            for number in range(last + 1, self._last + 1):
                self._numbers.pop(id(self._objects.pop(number)))
            self._last = last
            raise

    def _resolve(self, tag: bytes, body: bytes) -> Any:
        """Find what the tests refer to."""
        name = values.decode(body)
        if tag == GLOBAL:
            module, _, path = name.rpartition(":")
            found: Any = __import__(module or "builtins", fromlist=["*"])
            for part in path.split("."):
                found = getattr(found, part)
            return found
        if tag == LOCAL:
            return self._known_foreign(*name)
        return self._own(name)

    def _own(self, name: int | str | list[Any]) -> Any:
        """Return an object of the program by its number, its name in the module, or as an attribute of another one."""
        if isinstance(name, int):
            return self._objects[name]
        if isinstance(name, list):
            return getattr(self._own(name[0]), name[1])
        if not name:
            return self._module
        if name not in self._module.__dict__:
            raise NameError(f"name {name!r} is not defined")
        self._asked_for[name] = self._module.__dict__[name]
        return self._asked_for[name]

    def _shared_by(self, name: str) -> Any:
        """Return the container that the tests have had by a name: the program may have another one there by now."""
        return self._shared.setdefault(name, self._module.__dict__.get(name))

    def _known_foreign(self, number: int, flags: int, name: str = "", doc: str = "") -> Any:
        if number not in self._known:
            foreign: Any
            if flags & FOREIGN_ITERATOR and flags & FOREIGN_OBJECT:
                foreign = ForeignStream(self, number)
            elif flags & FOREIGN_ITERATOR:
                foreign = pull(Foreign(self, number))
                self._foreign[id(foreign)] = foreign, number
            elif flags & FOREIGN_OBJECT:
                foreign = (ForeignCallableObject if flags & FOREIGN_CALLABLE else ForeignObject)(self, number)
            else:
                foreign = ForeignCallable(self, number)
                if name:
                    # What functools.wraps looks for.
                    foreign.__name__ = foreign.__qualname__ = name
                    foreign.__doc__ = doc or None
            self._known[number] = foreign
        return self._known[number]


def _values_of(error: BaseException) -> list[Any] | None:
    """Return an exception's arguments where they are values."""
    try:
        args = list(error.args)
        values.encode(args)
    except Exception:
        return None
    return args


def _shared_name(kind: type) -> str:
    return kind.__name__ if any(kind is shared for shared in SHARED_TYPES) else ""


_MRO: Any = type.__dict__["__mro__"]
_MEMBERS: Any = type.__dict__["__dict__"]
_HEAP_TYPE = 1 << 9
"""A flag of classes: no one of Python's own in C."""


def is_error_class(kind: Any) -> bool:
    """Tell whether a class is one of exceptions, without asking its own class of classes."""
    return any(base is BaseException for base in _MRO.__get__(kind))


def _is_made_by_statement(kind: Any) -> bool:
    return bool(type.__dict__["__flags__"].__get__(kind) & _HEAP_TYPE) and not is_error_class(kind)


def _flags_of(item: Any) -> int:
    # By its type alone: an object may raise, or lie, when it is asked for its class.
    if issubclass(type(item), type):
        if is_error_class(item):
            return CALLABLE | CLASS | ERROR_CLASS
        has_call = any("__call__" in _MEMBERS.__get__(base) for base in _MRO.__get__(item))
        is_value = issubclass(item, _VALUE_TYPES)
        return CALLABLE | CLASS | (OF_CALLABLES if has_call else 0) | (OF_VALUES if is_value else 0)
    if type(item) is types.GeneratorType:
        return GENERATOR
    if type(item) is types.CoroutineType:
        return COROUTINE
    compared = COMPARED if type(type(item).__eq__) is types.FunctionType else 0
    return compared | (CALLABLE if callable(item) else 0)
